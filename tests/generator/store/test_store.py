import sqlite3

import pytest

from generator.github import Cursor, read_users, step_by_id, step_by_page
from generator.store import Kept, Progress, Store, Tally
from tests.factories import ODD, make_profile, make_reply

WORLD = "https://api.test/users?since=0"
USERS = Progress(WORLD, "users", "GitHub users")
MEMBERS = Progress("https://api.test/orgs/a/members", "org:a", "members of a")
LOCAL = Progress("file:/a.csv", "file:a.csv", "GitHub users")
ONE, TWO, THREE, FOUR = (make_profile(number) for number in (1, 2, 3, 4))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "github_users.db"


@pytest.fixture
def store(path):
    """A store in which the three lists are chosen."""
    found = Store(path, WORLD)
    found.choose([USERS, MEMBERS, LOCAL], 1000)
    yield found
    found.close()


def record(profile):
    return {"login" if k == "username" else k: getattr(profile, k) for k in profile._fields}


def add(store, profiles, *, list=USERS, cursor=None, now="t1", end=False, etag=None, **options):
    """Add a reply that has *profiles*, after *cursor*; give the tally and the cursor after it."""
    cursor = cursor or Cursor(list.identity)
    by_id = list is USERS
    after = max([cursor.position, *(p.id for p in profiles)])
    page = f"since={after}" if by_id else f"page={cursor.users + 2}"
    next = None if end else f"{list.identity.partition('?')[0]}?{page}"
    reply = make_reply([record(p) for p in profiles], next=next)
    batch = read_users(reply)
    met = store.met(list.identity, cursor.position, [p.id for p in profiles])
    step = (
        step_by_id(cursor, cursor.url, reply, batch)
        if by_id
        else step_by_page(cursor, cursor.url, reply, batch, met)
    )
    kept = Kept(cursor.url, etag, next, step.after) if etag else None
    tally = store.add(list.identity, profiles, step, now, kept=kept, **options)
    return tally, step.cursor


def mirror(store, profiles, total=150, now="t1", list=LOCAL):
    return store.mirror(list.identity, profiles, total, now)


def ids(store):
    return [profile.id for profile in store.profiles()]


def names(store):
    return {profile.id: profile.username for profile in store.profiles()}


def seen(path):
    """Return first_seen, last_seen and gone_at of every user."""
    sql = sqlite3.connect(path)
    rows = sql.execute("SELECT id, first_seen, last_seen, gone_at FROM github_users ORDER BY id")
    found = {row[0]: row[1:] for row in rows}
    sql.close()
    return found


def test_what_is_added_is_there_for_the_next_run_with_its_cursor(store, path):
    _, cursor = add(store, [TWO, ONE])
    store.close()
    again = Store(path, WORLD)
    assert list(again.profiles()) == [ONE, TWO]
    progress = again.progress(USERS.identity)
    assert (progress.cursor, progress.total, progress.seeded_at) == (cursor, 1000, "t1")
    again.close()


def test_the_table_has_the_promised_columns_and_keeps_every_text_as_it_was_sent(store, path):
    add(store, ODD)
    assert list(store.profiles()) == sorted(ODD, key=lambda profile: profile.id)
    sql = sqlite3.connect(path)
    columns = [(row[1], row[5]) for row in sql.execute("PRAGMA table_info(github_users)")]
    sql.close()
    assert [name for name, key in columns if key] == ["id"]
    assert [name for name, _ in columns] == [
        *("id", "username", "type", "avatar_url", "html_url"),
        *("first_seen", "last_seen", "gone_at"),
    ]


def test_an_account_is_known_by_its_id_so_two_may_swap_names(store):
    add(store, [make_profile(1, "a"), make_profile(2, "b")])
    tally, _ = add(store, [make_profile(1, "b"), make_profile(2, "a")], now="t2")
    assert names(store) == {1: "b", 2: "a"}
    assert tally == Tally(renamed=2)


def test_a_tally_says_what_changed(store):
    add(store, [ONE, TWO, THREE, FOUR])
    changed = [
        ONE,
        make_profile(2, "renamed"),
        make_profile(3, "user-3", type="Bot"),
        make_profile(4, "user-4", avatar_url="https://a.test/new"),
        make_profile(5),
    ]
    tally, _ = add(store, changed, now="t2")
    assert tally == Tally(new=1, renamed=1, retyped=1, changed=1, unchanged=1)


def test_the_date_moves_only_when_something_changed(store):
    def date():
        return store.progress(USERS.identity).seeded_at

    add(store, [ONE, TWO])
    add(store, [ONE, TWO], now="t2")
    assert date() == "t1"
    add(store, [ONE, THREE], now="t3")
    assert date() == "t3"
    add(store, [ONE, TWO, make_profile(3, "renamed")], now="t4")
    assert date() == "t4"


def test_the_date_of_every_list_moves_when_a_user_changes(store):
    add(store, [ONE, TWO])
    add(store, [ONE], list=MEMBERS)
    add(store, [make_profile(1, "renamed")], now="t2")
    assert store.progress(MEMBERS.identity).seeded_at == "t2"


def test_the_date_moves_when_someone_is_gone(store):
    add(store, [ONE, TWO])
    add(store, [TWO], now="t2")
    assert store.progress(USERS.identity).seeded_at == "t2"
    mirror(store, [ONE, TWO], now="t3")
    mirror(store, [TWO], now="t4")
    assert store.progress(LOCAL.identity).seeded_at == "t4"


def test_the_date_moves_when_a_file_changes_someone(store):
    mirror(store, [ONE, TWO])
    mirror(store, [ONE, make_profile(2, "renamed")], now="t2")
    assert store.progress(LOCAL.identity).seeded_at == "t2"


def test_the_first_day_without_someone_is_the_day(store, path):
    add(store, [ONE, TWO])
    add(store, [TWO], now="t2")
    add(store, [TWO], now="t3")
    assert seen(path)[1] == ("t1", "t1", "t2")


def test_a_refresh_of_a_few_does_not_forget_how_far_the_list_was_read(store):
    _, cursor = add(store, [ONE, TWO, THREE])
    _, far = add(store, [make_profile(7), make_profile(9)], cursor=cursor)
    add(store, [ONE, THREE], now="t2", refresh=True)
    assert store.progress(USERS.identity).refresh is not None
    add(store, [ONE, THREE], now="t2", refresh=True, done=True)
    progress = store.progress(USERS.identity)
    assert progress.refresh is None
    assert progress.cursor == Cursor(far.url, far.position, 4)


def test_it_is_noted_when_someone_was_first_and_last_seen(store, path):
    add(store, [ONE, TWO])
    add(store, [ONE, THREE], now="t2")
    assert seen(path) == {1: ("t1", "t2", None), 2: ("t1", "t1", "t2"), 3: ("t2", "t2", None)}


def test_who_is_missing_from_a_stretch_read_by_id_is_gone(store):
    _, cursor = add(store, [ONE, TWO, THREE])
    add(store, [make_profile(7), make_profile(9)], cursor=cursor)
    tally, cursor = add(store, [ONE, THREE], now="t2")
    assert (tally.gone, ids(store)) == (1, [1, 3, 7, 9])
    tally, _ = add(store, [make_profile(7)], cursor=cursor, now="t2")
    assert (tally.gone, ids(store)) == (0, [1, 3, 7, 9])  # 9 may follow
    tally, _ = add(store, [make_profile(7)], cursor=cursor, now="t2", end=True)
    assert (tally.gone, ids(store)) == (1, [1, 3, 7])


def test_who_comes_back_is_new_again_but_first_seen_when_it_was(store, path):
    add(store, [ONE, TWO])
    add(store, [TWO], now="t2")
    tally, _ = add(store, [ONE, TWO], now="t3")
    assert (tally, ids(store)) == (Tally(new=1, unchanged=1), [1, 2])
    assert seen(path)[1] == ("t1", "t3", None)


def read_members(store, pages, now="t2"):
    """Read the list of members from its start, page by page, to its end."""
    tally, cursor = Tally(), None
    for number, page in enumerate(pages, 1):
        users = [make_profile(n) for n in page]
        one, cursor = add(
            store, users, list=MEMBERS, cursor=cursor, now=now, end=number == len(pages)
        )
        tally += one
    return tally


def test_who_moves_within_a_list_by_page_is_not_gone(store):
    read_members(store, [[1, 2, 3], [4, 5, 6]], now="t1")
    assert read_members(store, [[9, 1, 2], [3, 4, 5], [6]]) == Tally(new=1, unchanged=6)
    assert ids(store) == [1, 2, 3, 4, 5, 6, 9]


def test_who_is_missing_from_a_list_by_page_is_gone_when_it_was_read_to_its_end(store):
    read_members(store, [[1, 2, 3], [4, 5, 6]], now="t1")
    first, cursor = add(store, [make_profile(n) for n in (1, 3, 4)], list=MEMBERS, now="t2")
    assert (first.gone, ids(store)) == (0, [1, 2, 3, 4, 5, 6])
    second, _ = add(
        *(store, [make_profile(n) for n in (5, 6)]),
        **{"list": MEMBERS, "cursor": cursor, "now": "t2", "end": True},
    )
    assert (second.gone, ids(store)) == (1, [1, 3, 4, 5, 6])


def test_a_user_whom_two_pages_have_stands_where_the_first_has_it(store):
    assert read_members(store, [[1, 2], [2, 3]]) == Tally(new=3)
    store.choose([MEMBERS], 2)
    store.commit_choice()
    assert ids(store) == [1, 2]


def test_the_directory_is_the_union_of_the_first_users_of_each_list(store):
    add(store, [ONE, TWO, THREE])
    read_members(store, [[9, 2, 7]])
    store.choose([USERS, MEMBERS], 2)
    store.commit_choice()
    assert ids(store) == [1, 2, 9]
    store.choose([MEMBERS], 1000)
    store.commit_choice()
    assert ids(store) == [2, 7, 9]
    assert [one.source for one in store.chosen()] == ["org:a"]


def test_who_left_one_list_may_still_be_in_another(store, path):
    add(store, [ONE, TWO])
    read_members(store, [[1, 2]], now="t1")
    read_members(store, [[1]])
    assert ids(store) == [1, 2]
    assert seen(path)[2] == ("t1", "t1", None)


def test_a_choice_comes_into_force_with_the_next_change_that_succeeds(store, path):
    add(store, [ONE])
    store.choose([LOCAL], 5)
    assert [one.source for one in store.chosen()] == ["users", "org:a", "file:a.csv"]
    with pytest.raises(ZeroDivisionError):
        mirror(store, (1 // 0 for _ in range(1)))
    assert [one.source for one in store.chosen()] == ["users", "org:a", "file:a.csv"]
    mirror(store, [TWO])
    assert [(one.source, one.total) for one in store.chosen()] == [("file:a.csv", 5)]


def test_a_reply_that_is_still_stored_is_kept_with_its_etag(store):
    _, cursor = add(store, [ONE, TWO], etag="e1")
    kept = Kept(WORLD, "e1", cursor.url, 0, (ONE, TWO))
    assert store.kept(USERS.identity, WORLD, None) == kept
    assert store.kept(USERS.identity, "https://api.test/users?since=9", None) is None
    for position in (0, 1):
        assert store.kept(USERS.identity, "https://api.test/users?since=1", position) == kept
    assert store.kept(USERS.identity, WORLD, 2) is None


def test_a_reply_takes_the_place_of_those_it_covers(store):
    _, cursor = add(store, [ONE], etag="e1")
    add(store, [TWO], cursor=cursor, etag="e2")
    add(store, [ONE, TWO], cursor=Cursor(WORLD + "&x"), etag="e3")
    assert store.kept(USERS.identity, "", 1).etag == "e3"
    assert store.kept(USERS.identity, cursor.url, None) is None


@pytest.mark.parametrize(
    "overtaken",
    [[make_profile(1, "renamed"), TWO], [ONE], [TWO], [ONE, make_profile(2, "user-2", type="Bot")]],
)
def test_a_reply_that_was_overtaken_is_of_no_use(store, overtaken):
    add(store, [ONE, TWO], etag="e1")
    add(store, overtaken, now="t2", end=True)
    assert store.kept(USERS.identity, USERS.identity, 0) is None


def test_a_mirrored_list_loses_what_its_source_lost(store, path):
    mirror(store, [ONE, TWO, THREE])
    tally = mirror(store, [ONE, make_profile(3, "renamed")], now="t2")
    assert names(store) == {1: "user-1", 3: "renamed"}
    assert tally == Tally(renamed=1, gone=1, unchanged=1)
    assert seen(path)[2] == ("t1", "t1", "t2")


def test_a_smaller_total_keeps_what_is_stored(store):
    mirror(store, [ONE, TWO, THREE])
    store.choose([LOCAL], 1)
    assert mirror(store, [ONE, TWO, THREE], total=1) == Tally(unchanged=1)
    assert (ids(store), store.count(LOCAL.identity, 1000)) == ([1], 3)


def test_a_list_that_fails_half_way_changes_nothing(store):
    def broken():
        yield from (make_profile(number) for number in range(4, 2000))
        raise ValueError("line 2000")

    mirror(store, [ONE, TWO])
    with pytest.raises(ValueError, match="line 2000"):
        mirror(store, broken(), total=5000)
    assert list(store.profiles()) == [ONE, TWO]


def test_the_first_of_a_list_are_counted_by_id(store):
    mirror(store, [ONE, ONE, TWO, THREE], total=2)
    assert list(store.profiles()) == [ONE, TWO]


def test_of_a_user_that_comes_twice_the_last_word_counts(store):
    twice = [make_profile(1, "old"), *(make_profile(n) for n in range(2, 700)), ONE]
    assert mirror(store, twice, total=1000) == Tally(new=699)
    assert mirror(store, twice, total=1000, now="t2") == Tally(unchanged=699)
    assert next(store.profiles()) == ONE
    assert store.progress(LOCAL.identity).seeded_at == "t1"


def test_what_a_shorter_reading_does_not_reach_stands_behind_what_it_does(store):
    mirror(store, [make_profile(n) for n in (9, 8, 1, 2)], total=4)
    mirror(store, [make_profile(n) for n in (7, 9)], total=2)
    assert ids(store) == [1, 2, 7, 8, 9]
    store.choose([LOCAL], 2)
    store.commit_choice()
    assert ids(store) == [7, 9]


def test_the_first_of_a_list_are_those_it_has_first(store):
    mirror(store, [make_profile(n) for n in (9, 8, 1, 2)], total=4)
    store.choose([LOCAL], 2)
    store.commit_choice()
    assert ids(store) == [8, 9]


def test_what_a_file_says_counts_of_one_whom_github_no_longer_lists(store):
    add(store, [ONE, TWO])
    add(store, [TWO], now="t2")
    mirror(store, [make_profile(1, "known-better")], now="t3")
    assert names(store)[1] == "known-better"


def test_what_github_says_of_a_user_counts_not_what_a_file_says(store):
    add(store, [ONE, TWO])
    mirror(store, [make_profile(1, "stale"), make_profile(5, "five")])
    assert names(store) == {1: "user-1", 2: "user-2", 5: "five"}
    mirror(store, [make_profile(5, "cinq")], now="t2")
    assert names(store)[5] == "cinq"


def test_a_store_that_is_missing_is_empty(path):
    store = Store(path)
    assert (list(store.profiles()), store.chosen(), store.progress("x")) == ([], [], None)
    assert (store.count("x", 10), store.met("x", 5, [1]), store.kept("x", "y", 0)) == (
        *(0, set()),
        None,
    )
    store.close()
    assert not path.exists()
