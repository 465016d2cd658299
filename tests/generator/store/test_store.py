import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from generator.errors import StoreError
from generator.store import CachedReply, Cursor, ListProgress, Step, Store, Tally
from tests.factories import ODD, make_profile

URL = "https://api.test/users?since=0"
USERS = ListProgress(URL, "users", "GitHub users", 1000)
MEMBERS = ListProgress("https://api.test/orgs/a/members", "org:a", "members of a", 1000)
LOCAL = ListProgress("file:/a.csv", "file:a.csv", "GitHub users", 1000)
ONE, TWO, THREE, FOUR = (make_profile(number) for number in (1, 2, 3, 4))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "github_users.db"


@pytest.fixture
def store(path):
    """A store in which the three lists are chosen."""
    store = Store(path)
    store.choose([USERS, MEMBERS, LOCAL])
    yield store
    store.close()


def add_reply(
    store,
    profiles,
    *,
    list=USERS,
    cursor=None,
    now="t1",
    end=False,
    etag=None,
    refresh=False,
    is_last=False,
):
    """Add a reply with *profiles* after *cursor*. Return the tally and the next cursor."""
    cursor, is_by_id = cursor or Cursor(list.identity), list is USERS
    with store.reading(list.identity, cursor.position, refresh=refresh) as reading:
        already_read = reading.already_read([p.id for p in profiles])
    new = [p.id for p in profiles if is_by_id or p.id not in already_read]
    places = new if is_by_id else range(cursor.position + 1, cursor.position + 1 + len(new))
    positions = dict(zip(new, places, strict=True))
    reached = max([cursor.position, *places])
    following = Cursor(f"{list.identity}&after={reached}", reached, cursor.users + len(new))
    next_cursor = cursor if end and not is_by_id else following
    step = Step(positions, reached, next_cursor, is_by_id, is_end=end, is_last=end or is_last)
    cached = CachedReply(cursor.url, etag, following.url, cursor.position) if etag else None
    with store.change(list.identity, cursor.position, refresh=refresh) as reading:
        return reading.add(profiles, step, now, cached), next_cursor


def mirror(store, profiles, now="t1", is_complete=True):
    """Store *profiles* as the users of a file."""
    with store.change(LOCAL.identity, 0, refresh=True) as reading:
        users = list(profiles)
        positions = {user.id: position for position, user in enumerate(users, 1)}
        step = Step(positions, len(users), Cursor("", len(users)), is_end=is_complete)
        return reading.add(users, step, now)


def choose(store, total, *lists):
    store.choose([replace(chosen, total=total) for chosen in lists])


def cached_reply(store, url, position):
    with store.reading(USERS.identity, position or 0, refresh=True) as reading:
        return reading.cached_reply(url if position is None else None)


def ids(store):
    return [profile.id for profile in store.profiles()]


def names(store):
    return {profile.id: profile.username for profile in store.profiles()}


def times(path):
    """Return first_seen, last_seen and gone_at of every user."""
    sql = sqlite3.connect(path)
    rows = sql.execute("SELECT id, first_seen, last_seen, gone_at FROM github_users ORDER BY id")
    times = {row[0]: row[1:] for row in rows}
    sql.close()
    return times


def test_added_users_and_the_cursor_are_stored(store, path):
    _, cursor = add_reply(store, [TWO, ONE])
    store.close()
    again = Store(path)
    assert list(again.profiles()) == [ONE, TWO]
    progress = again.progress(USERS.identity)
    assert (progress.cursor, progress.total, progress.seeded_at) == (cursor, 1000, "t1")
    again.close()


def test_a_damaged_total_is_an_error_that_names_the_file(store, path):
    add_reply(store, [ONE])
    store.close()
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("UPDATE lists SET total = ?", [2**63 - 1])
    with (
        closing(Store(path)) as damaged,
        pytest.raises(StoreError, match=r"github_users\.db cannot be used"),
    ):
        damaged.is_cut(USERS.identity)


def test_the_view_has_the_documented_columns_and_stores_any_text_unchanged(store, path):
    add_reply(store, ODD)
    assert list(store.profiles()) == sorted(ODD, key=lambda profile: profile.id)
    sql = sqlite3.connect(path)
    columns = [row[1] for row in sql.execute("PRAGMA table_info(github_users)")]
    sql.close()
    assert columns == [
        *("id", "username", "type", "avatar_url", "html_url"),
        *("first_seen", "last_seen", "gone_at"),
    ]


def test_two_users_may_swap_names(store):
    add_reply(store, [make_profile(1, "a"), make_profile(2, "b")])
    tally, _ = add_reply(store, [make_profile(1, "b"), make_profile(2, "a")], now="t2")
    assert names(store) == {1: "b", 2: "a"}
    assert tally == Tally(renamed=2)


def test_a_tally_counts_each_kind_of_change(store):
    add_reply(store, [ONE, TWO, THREE, FOUR])
    changed = [
        ONE,
        make_profile(2, "renamed"),
        make_profile(3, "user-3", type="Bot"),
        make_profile(4, "user-4", avatar_url="https://a.test/new"),
        make_profile(5),
    ]
    tally, _ = add_reply(store, changed, now="t2")
    assert tally == Tally(new=1, renamed=1, retyped=1, changed=1, unchanged=1)


def test_the_date_changes_only_with_the_users(store):
    def date():
        return store.progress(USERS.identity).seeded_at

    add_reply(store, [ONE, TWO])
    add_reply(store, [ONE, TWO], now="t2")
    assert date() == "t1"
    add_reply(store, [ONE, THREE], now="t3")
    assert date() == "t3"
    add_reply(store, [ONE, TWO, make_profile(3, "renamed")], now="t4")
    assert date() == "t4"


def test_the_date_of_a_list_changes_only_when_it_is_read(store):
    add_reply(store, [ONE, TWO])
    add_reply(store, [ONE], list=MEMBERS)
    add_reply(store, [make_profile(1, "renamed")], now="t2")
    assert store.progress(MEMBERS.identity).seeded_at == "t1"


def test_the_date_changes_when_a_user_is_gone(store):
    add_reply(store, [ONE, TWO])
    add_reply(store, [TWO], now="t2")
    assert store.progress(USERS.identity).seeded_at == "t2"
    mirror(store, [ONE, TWO], now="t3")
    mirror(store, [TWO], now="t4")
    assert store.progress(LOCAL.identity).seeded_at == "t4"


def test_the_date_changes_when_a_file_changes_a_user(store):
    mirror(store, [ONE, TWO])
    mirror(store, [ONE, make_profile(2, "renamed")], now="t2")
    assert store.progress(LOCAL.identity).seeded_at == "t2"


def test_gone_at_is_the_first_time_without_the_user(store, path):
    add_reply(store, [ONE, TWO])
    add_reply(store, [TWO], now="t2")
    add_reply(store, [TWO], now="t3")
    assert times(path)[1] == ("t1", "t1", "t2")


def test_a_refresh_of_the_first_users_leaves_the_lists_cursor(store):
    _, cursor = add_reply(store, [ONE, TWO, THREE])
    _, far = add_reply(store, [make_profile(7), make_profile(9)], cursor=cursor)
    add_reply(store, [ONE, THREE], now="t2", refresh=True)
    assert store.progress(USERS.identity).refresh is not None
    add_reply(store, [ONE, THREE], now="t2", refresh=True, is_last=True)
    progress = store.progress(USERS.identity)
    assert progress.refresh is None
    assert progress.cursor == Cursor(far.url, far.position, 4)


def test_first_seen_last_seen_and_gone_at_are_stored(store, path):
    add_reply(store, [ONE, TWO])
    add_reply(store, [ONE, THREE], now="t2")
    assert times(path) == {1: ("t1", "t2", None), 2: ("t1", "t1", "t2"), 3: ("t2", "t2", None)}


def test_in_a_list_by_id_a_user_missing_from_a_reply_is_gone(store):
    _, cursor = add_reply(store, [ONE, TWO, THREE])
    add_reply(store, [make_profile(7), make_profile(9)], cursor=cursor)
    tally, cursor = add_reply(store, [ONE, THREE], now="t2")
    assert (tally["gone"], ids(store)) == (1, [1, 3, 7, 9])
    tally, _ = add_reply(store, [make_profile(7)], cursor=cursor, now="t2")
    assert (tally["gone"], ids(store)) == (0, [1, 3, 7, 9])  # 9 may follow
    tally, _ = add_reply(store, [make_profile(7)], cursor=cursor, now="t2", end=True)
    assert (tally["gone"], ids(store)) == (1, [1, 3, 7])


def test_a_user_that_returns_is_new_and_keeps_its_first_seen(store, path):
    add_reply(store, [ONE, TWO])
    add_reply(store, [TWO], now="t2")
    tally, _ = add_reply(store, [ONE, TWO], now="t3")
    assert (tally, ids(store)) == (Tally(new=1, unchanged=1), [1, 2])
    assert times(path)[1] == ("t1", "t3", None)


def read_members(store, pages, now="t2", refresh=True):
    """Read the list of members from its start, page by page, to its end."""
    tally, cursor = Tally(), None
    for number, page in enumerate(pages, 1):
        users = [make_profile(n) for n in page]
        page_tally, cursor = add_reply(
            *(store, users),
            **{"list": MEMBERS, "cursor": cursor, "now": now, "refresh": refresh},
            end=number == len(pages),
        )
        tally += page_tally
    return tally


def test_in_a_list_by_page_a_user_that_moves_is_not_gone(store):
    read_members(store, [[1, 2, 3], [4, 5, 6]], "t1", refresh=False)
    assert read_members(store, [[9, 1, 2], [3, 4, 5], [6]]) == Tally(new=1, unchanged=6)
    assert ids(store) == [1, 2, 3, 4, 5, 6, 9]


def test_in_a_list_by_page_a_missing_user_is_gone_at_the_end_of_the_list(store):
    read_members(store, [[1, 2, 3], [4, 5, 6]], "t1", refresh=False)
    again = {"list": MEMBERS, "now": "t2", "refresh": True}
    first, cursor = add_reply(store, [make_profile(n) for n in (1, 3, 4)], **again)
    assert (first["gone"], ids(store)) == (0, [1, 2, 3, 4, 5, 6])
    users = [make_profile(n) for n in (5, 6)]
    second, _ = add_reply(store, users, **again, cursor=cursor, end=True)
    assert (second["gone"], ids(store)) == (1, [1, 3, 4, 5, 6])


def test_a_user_on_two_pages_has_the_position_on_the_first(store):
    assert read_members(store, [[1, 2], [2, 3]], refresh=False) == Tally(new=3)
    choose(store, 2, MEMBERS)
    store.commit_choice()
    assert ids(store) == [1, 2]


def test_a_user_of_a_newer_reading_was_read_already(store):
    _, cursor = add_reply(store, [ONE, TWO], list=MEMBERS)
    _, cursor = add_reply(store, [THREE, FOUR], list=MEMBERS, cursor=cursor)
    newcomer = make_profile(5)
    add_reply(store, [newcomer, ONE], list=MEMBERS, refresh=True)  # interrupted then
    with store.reading(MEMBERS.identity, cursor.position) as reading:
        assert reading.already_read([5, 6]) == {5}


def test_the_directory_is_the_union_of_the_first_users_of_each_list(store):
    add_reply(store, [ONE, TWO, THREE])
    read_members(store, [[9, 2, 7]], refresh=False)
    choose(store, 2, USERS, MEMBERS)
    store.commit_choice()
    assert ids(store) == [1, 2, 9]
    choose(store, 1000, MEMBERS)
    store.commit_choice()
    assert ids(store) == [2, 7, 9]
    assert [chosen.source for chosen in store.chosen()] == ["org:a"]


def test_a_user_that_left_one_list_may_be_in_another(store, path):
    add_reply(store, [ONE, TWO])
    read_members(store, [[1, 2]], "t1", refresh=False)
    read_members(store, [[1]])
    assert ids(store) == [1, 2]
    assert times(path)[2] == ("t1", "t1", None)


def test_a_choice_is_stored_with_the_next_change_that_succeeds(store, path):
    add_reply(store, [ONE])
    choose(store, 5, LOCAL)
    assert [chosen.source for chosen in store.chosen()] == ["users", "org:a", "file:a.csv"]
    with pytest.raises(ZeroDivisionError):
        mirror(store, (1 // 0 for _ in range(1)))
    assert [chosen.source for chosen in store.chosen()] == ["users", "org:a", "file:a.csv"]
    mirror(store, [TWO])
    assert [(chosen.source, chosen.total) for chosen in store.chosen()] == [("file:a.csv", 5)]


def test_a_reply_whose_users_are_unchanged_is_cached(store):
    _, cursor = add_reply(store, [ONE, TWO], etag="e1")
    cached = CachedReply(URL, "e1", cursor.url, 0, (ONE, TWO))
    assert cached_reply(store, URL, None) == cached
    assert cached_reply(store, "https://api.test/users?since=9", None) is None
    for position in (0, 1):
        assert cached_reply(store, "https://api.test/users?since=1", position) == cached
    assert cached_reply(store, URL, 2) is None


def test_a_cached_reply_replaces_those_that_it_covers(store):
    _, cursor = add_reply(store, [ONE], etag="e1")
    add_reply(store, [TWO], cursor=cursor, etag="e2")
    add_reply(store, [ONE, TWO], cursor=Cursor(URL + "&x"), etag="e3")
    assert cached_reply(store, "", 1).etag == "e3"
    assert cached_reply(store, cursor.url, None) is None


@pytest.mark.parametrize(
    "later",
    [[make_profile(1, "renamed"), TWO], [ONE], [TWO], [ONE, make_profile(2, "user-2", type="Bot")]],
)
def test_a_reply_whose_users_changed_is_not_cached(store, later):
    add_reply(store, [ONE, TWO], etag="e1")
    add_reply(store, later, now="t2", end=True)
    assert cached_reply(store, USERS.identity, 0) is None


def test_mirroring_removes_users_that_the_source_lacks(store, path):
    mirror(store, [ONE, TWO, THREE])
    tally = mirror(store, [ONE, make_profile(3, "renamed")], now="t2")
    assert names(store) == {1: "user-1", 3: "renamed"}
    assert tally == Tally(renamed=1, gone=1, unchanged=1)
    assert times(path)[2] == ("t1", "t1", "t2")


def test_a_smaller_total_leaves_the_stored_users(store):
    mirror(store, [ONE, TWO, THREE])
    choose(store, 1, LOCAL)
    assert mirror(store, [ONE], is_complete=False) == Tally(unchanged=1)
    assert (ids(store), store.count(LOCAL.identity, 1000)) == ([1], 3)


def test_mirroring_that_fails_half_way_changes_nothing(store):
    def broken():
        yield from (make_profile(number) for number in range(4, 2000))
        raise ValueError("line 2000")

    mirror(store, [ONE, TWO])
    with pytest.raises(ValueError, match="line 2000"):
        mirror(store, broken())
    assert list(store.profiles()) == [ONE, TWO]


def test_users_that_a_smaller_total_does_not_reach_come_last(store):
    mirror(store, [make_profile(n) for n in (9, 8, 1, 2)])
    mirror(store, [make_profile(n) for n in (7, 9)], is_complete=False)
    assert ids(store) == [1, 2, 7, 8, 9]
    choose(store, 2, LOCAL)
    store.commit_choice()
    assert ids(store) == [7, 9]


def test_the_first_users_of_a_list_are_the_first_in_its_order(store):
    mirror(store, [make_profile(n) for n in (9, 8, 1, 2)])
    choose(store, 2, LOCAL)
    store.commit_choice()
    assert ids(store) == [8, 9]


def test_a_files_values_count_for_a_user_that_github_no_longer_lists(store):
    add_reply(store, [ONE, TWO])
    add_reply(store, [TWO], now="t2")
    mirror(store, [make_profile(1, "known-better")], now="t3")
    assert names(store)[1] == "known-better"


def test_githubs_values_count_before_a_files(store):
    add_reply(store, [ONE, TWO])
    mirror(store, [make_profile(1, "stale"), make_profile(5, "five")])
    assert names(store) == {1: "user-1", 2: "user-2", 5: "five"}
    mirror(store, [make_profile(5, "cinq")], now="t2")
    assert names(store)[5] == "cinq"


def test_a_missing_store_is_empty(path):
    store = Store(path)
    assert (list(store.profiles()), store.chosen(), store.progress("x")) == ([], [], None)
    assert (store.count("x", 10), cached_reply(store, "y", 0)) == (0, None)
    with store.reading("x", 5) as reading:
        assert reading.already_read([1]) == set()
    store.close()
    assert not path.exists()
