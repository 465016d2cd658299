"""`ghdirectory build`, `bake`, `render` and `check`: from sources to a site."""

import json

from tests.fake_github import FakeGitHub, serving
from tests.generator.cli.program import SMALL_SITE, USERS, github, ids, info


def test_build_makes_a_site_from_github(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api:
        result = run("build", "users", api=api)
    assert (result.returncode, result.stderr) == (0, "")
    assert (info(tmp_path)["users"], info(tmp_path)["source"]) == (150, "users")
    assert "Checked  130 pages" in result.stdout


def test_the_stages_one_by_one_do_the_same_as_build(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api:
        for arguments in (
            "seed users -t 60",
            "bake",
            "render --page-sizes 1-5 --orders id",
            "check",
        ):
            result = run(*arguments.split(), api=api)
            assert (result.returncode, result.stderr) == (0, "")
    assert info(tmp_path)["page_sizes"] == [1, 2, 3, 4, 5, 25]
    assert info(tmp_path)["orders"] == ["id"]


def test_a_smaller_total_lists_the_first_users_and_leaves_the_store_alone(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api:
        run("seed", "users", "--total", 300, api=api)
    assert run("build", "users", "-t", "40", *SMALL_SITE, api=api).returncode == 0
    assert (len(ids(tmp_path / "build/github_users.db")), info(tmp_path)["users"]) == (300, 40)


def test_a_total_may_be_larger_than_any_list(run, tmp_path):
    assert run("build", "sample", "-t", "1000000000", *SMALL_SITE).returncode == 0
    assert info(tmp_path)["users"] == 150


def test_a_changed_file_is_read_again(run, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("id,login\n" + "".join(f"{n},user-{n}\n" for n in range(1, 21)))
    run("build", "file:list.csv", "-t", "10", *SMALL_SITE)
    path.write_text("id,login\n" + "".join(f"{n},user-{n}\n" for n in range(101, 121)))
    run("build", "file:list.csv", "-t", "10", *SMALL_SITE)
    body = json.loads(run("query", "pagination=100").stdout)
    assert [profile["id"] for profile in body["profiles"]] == list(range(101, 111))


def test_a_file_is_published_without_its_folder(run, tmp_path):
    (tmp_path / "list.csv").write_text("id,login\n2,two\n1,one\n")
    result = run("build", f"file:{tmp_path}/list.csv", *SMALL_SITE)
    assert (result.returncode, result.stderr) == (0, "")
    assert info(tmp_path)["source"] == "file:list.csv"
    assert "2 users into build/github_users.db (source: file:list.csv)\n" in result.stdout
    result = run("seed", "file:list.csv", "-t", "3")
    assert "(source: file:list.csv; 3 were asked for)\n" in result.stdout


def test_lists_of_another_server_and_the_sample_are_stored_side_by_side(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api, serving(FakeGitHub(USERS[50:])) as other:
        run("seed", "users", "-t", "30", api=api)
        run("build", "sample", *SMALL_SITE)
        assert (info(tmp_path)["source"], info(tmp_path)["users"]) == ("sample", 150)
        run("build", "users", "-t", "20", *SMALL_SITE, api=other)
        body = json.loads(run("query", "pagination=100").stdout)
        assert [profile["id"] for profile in body["profiles"]] == [u["id"] for u in USERS[50:70]]
    # The first server is down now, so its users come from the store.
    run("build", "-t", "30", *SMALL_SITE, api=api)
    body = json.loads(run("query", "pagination=100").stdout)
    assert [profile["id"] for profile in body["profiles"]] == [u["id"] for u in USERS[:30]]
    assert len([*(tmp_path / "build").glob("*.db")]) == 2  # the store and the directory


def test_a_file_is_listed_whole_unless_a_total_is_given(run, tmp_path):
    rows = "".join(f"{n},user-{n}\n" for n in range(1, 401))
    (tmp_path / "list.csv").write_text(f"id,login\n{rows}")
    run("build", "file:list.csv", *SMALL_SITE)
    assert (info(tmp_path)["users"], info(tmp_path)["cut_at"]) == (400, None)
    assert "longer list" not in (tmp_path / "build/site/about.html").read_text()
    result = run("build", "file:list.csv", "-t", "400", *SMALL_SITE)
    assert ("longer list" in result.stdout, info(tmp_path)["cut_at"]) == (False, None)
    result = run("build", "file:list.csv", "-t", "399", *SMALL_SITE)
    assert "(source: file:list.csv, the first 399 of a longer list)" in result.stdout
    assert (info(tmp_path)["users"], info(tmp_path)["cut_at"]) == (399, 399)


def test_a_list_on_github_that_is_longer_than_the_default_says_so(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api:
        result = run("build", "users", *SMALL_SITE, api=api)
        assert (
            "(source: users, the first 150 of a longer list; --total reads more)" in result.stdout
        )
        page = (tmp_path / "build/site/about.html").read_text()
        assert "150 users (the first 150 of a longer list)" in page
        assert (info(tmp_path)["users"], info(tmp_path)["cut_at"]) == (150, 150)
        result = run("build", "users", "-t", "330", *SMALL_SITE, api=api)
    assert ("longer list" in result.stdout, info(tmp_path)["cut_at"]) == (False, None)
    assert "longer list" not in (tmp_path / "build/site/about.html").read_text()


def test_a_list_on_github_within_the_default_is_whole(run, tmp_path):
    with serving(github()) as api:
        result = run("build", "org:acme", *SMALL_SITE, api=api)
    assert "Seeded   10 users into build/github_users.db (source: org:acme)\n" in result.stdout
    assert info(tmp_path)["cut_at"] is None


def test_records_that_contradict_each_other_are_a_warning_with_both_lines(run, tmp_path):
    (tmp_path / "list.csv").write_text("id,login\n1,one\n2,two\n2,two\n1,uno\n3,three\n4,three\n")
    result = run("build", "file:list.csv", *SMALL_SITE)
    assert result.returncode == 0
    assert "list.csv, line 2 and list.csv, line 5: different values for id 1" in result.stderr
    assert "list.csv, line 6 and list.csv, line 7: login three for id 3 and id 4" in result.stderr
    assert "line 4" not in result.stderr
    body = json.loads(run("query").stdout)
    assert {p["id"]: p["username"] for p in body["profiles"]} == {1: "uno", 2: "two", 4: "three"}


def test_several_sources_make_one_directory_of_all_their_users(run, tmp_path):
    with serving(github()) as api:
        result = run("build", "org:acme", "followers:octocat", "org:acme", *SMALL_SITE, api=api)
    assert (result.returncode, result.stderr) == (0, "")
    assert (info(tmp_path)["users"], info(tmp_path)["source"]) == (
        20,
        "org:acme, followers:octocat",
    )
    page = (tmp_path / "build/site/index.html").read_text()
    assert "Members of acme and followers of octocat" in page
    assert "Baked    20 users" in result.stdout


def test_a_file_may_be_one_of_several_sources(run, tmp_path):
    (tmp_path / "more.csv").write_text("id,login\n2,stale-name\n7777,somebody\n")
    with serving(github()) as api:
        run("build", "file:more.csv", "org:acme", *SMALL_SITE, api=api)
    body = json.loads(run("query", "pagination=100").stdout)
    assert {p["id"]: p["username"] for p in body["profiles"]} == {
        **{user["id"]: user["login"] for user in USERS[:10]},
        7777: "somebody",
    }


def test_a_title_replaces_the_sources_names(run, tmp_path):
    run("build", "sample", "--title", "Our <people>", *SMALL_SITE)
    page = (tmp_path / "build/site/index.html").read_text()
    assert "<title>Our &lt;people&gt;: 150, 1&ndash;25</title>" in page
    run("bake", "--title", "Others")
    run("render", *SMALL_SITE)
    assert "<title>Others: 150, " in (tmp_path / "build/site/index.html").read_text()
    run("build", "sample", *SMALL_SITE)
    assert "<title>150 sample users, " in (tmp_path / "build/site/index.html").read_text()


def test_every_page_says_that_the_sample_is_invented_even_beside_other_sources(run, tmp_path):
    (tmp_path / "more.csv").write_text("id,login\n999999,somebody\n")
    run("build", "sample", "file:more.csv", *SMALL_SITE)
    assert info(tmp_path)["source"] == "sample, file:more.csv"
    assert "these accounts are invented" in (tmp_path / "build/site/users/7.html").read_text()


def test_deleted_accounts_are_missing_from_the_next_bake(run, tmp_path):
    fake = github()
    with serving(fake) as api:
        run("build", "users", *SMALL_SITE, api=api)
        fake.users = USERS[:10] + USERS[11:]
        assert run("build", "users", "--refresh", *SMALL_SITE, api=api).returncode == 0
    body = json.loads(run("query", f"id={USERS[10]['id']}").stdout)
    assert (body["total"], info(tmp_path)["users"]) == (0, 150)


def test_site_is_another_name_for_output(run, tmp_path):
    assert run("build", "sample", "--site", "here", *SMALL_SITE).returncode == 0
    assert run("render", "--site=there", *SMALL_SITE).returncode == 0
    assert (tmp_path / "here/index.html").read_bytes() == (
        tmp_path / "there/index.html"
    ).read_bytes()
