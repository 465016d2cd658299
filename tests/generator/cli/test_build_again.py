"""`ghdirectory build` once more: nothing is done if nothing changed, and any change is noticed."""

import shutil
from contextlib import closing

import pytest

from generator.store import Store
from tests.fake_github import FakeGitHub, serving
from tests.generator.cli.program import SMALL_SITE, USERS, info

BUILD = ("build", "file:list.csv", *SMALL_SITE)
NOTHING = "nothing changed since"


@pytest.fixture
def built(run, tmp_path):
    """The folder of a site that was built from a file of 60 users."""
    rows = "".join(f"{number},user-{number}\n" for number in range(1, 61))
    (tmp_path / "list.csv").write_text(f"id,login\n{rows}")
    assert run(*BUILD).returncode == 0
    return tmp_path


def files(folder):
    """Return the inode and the time of change of each file in *folder*."""
    status = {path: path.stat() for path in folder.rglob("*")}
    return {path: (each.st_ino, each.st_mtime_ns) for path, each in status.items()}


def test_the_same_build_again_writes_nothing(run, built):
    before = files(built)
    result = run(*BUILD)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "Kept     build/site: nothing changed since the last build (15 files)\n"
    assert files(built) == before


def test_users_of_github_that_are_stored_are_not_built_again(run, tmp_path):
    with serving(FakeGitHub(USERS)) as api:
        run("build", "users", *SMALL_SITE, api=api)
        before = files(tmp_path)
        result = run("build", "users", *SMALL_SITE, api=api)
    assert NOTHING in result.stdout
    assert files(tmp_path) == before


def test_the_sample_that_replaces_github_is_not_built_again(run, tmp_path):
    run("build", *SMALL_SITE)
    before = files(tmp_path)
    result = run("build", *SMALL_SITE)
    assert NOTHING in result.stdout
    assert "Used instead: the sample" in result.stderr
    assert files(tmp_path) == before
    assert NOTHING not in run("build", "-t", "40", *SMALL_SITE).stdout


def replace_page(folder):
    page = folder / "build/site/users/1.html"
    content = page.read_bytes()
    page.unlink()
    page.write_bytes(content)


def store_another_choice(folder):
    with closing(Store(folder / "build/github_users.db")) as store:
        store.choose([])
        store.commit_choice()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda f: (f / "list.csv").write_text("id,login\n1,one\n"), id="list edited"),
        pytest.param(lambda f: (f / "list.csv").touch(), id="list saved again"),
        pytest.param(lambda f: (f / "build/site/users/1.html").unlink(), id="page deleted"),
        pytest.param(lambda f: (f / "build/site/users/9.html").touch(), id="page added"),
        pytest.param(lambda f: (f / "build/site/index.html").write_text(""), id="page edited"),
        pytest.param(replace_page, id="page replaced"),
        pytest.param(lambda f: shutil.rmtree(f / "build/site"), id="site deleted"),
        pytest.param(lambda f: (f / "build/directory.db").unlink(), id="directory deleted"),
        pytest.param(lambda f: (f / "build/directory.db").touch(), id="directory replaced"),
        pytest.param(lambda f: (f / "build/changes.json").write_text("[]"), id="changes added"),
        pytest.param(lambda f: (f / "build/github_users.db").unlink(), id="store deleted"),
        pytest.param(store_another_choice, id="store changed"),
        pytest.param(lambda f: (f / "build/site/.rendering").touch(), id="interrupted"),
    ],
)
def test_a_change_of_any_file_is_noticed(run, built, change):
    change(built)
    result = run(*BUILD)
    assert (result.returncode, NOTHING in result.stdout) == (0, False)
    assert "Checked" in result.stdout
    assert NOTHING in run(*BUILD).stdout


@pytest.mark.parametrize(
    "options", [("--title", "T"), ("-t", "9"), ("--orders", "-id"), "--refresh"]
)
def test_another_option_is_noticed(run, built, options):
    assert NOTHING not in run(*BUILD, *([options] if isinstance(options, str) else options)).stdout


def test_options_that_change_no_file_are_not_noticed(run, built):
    assert NOTHING in run(*BUILD, "--jobs", "2", "--max-wait", "1m").stdout


def test_another_program_is_noticed(run, built, monkeypatch):
    monkeypatch.setattr("generator.last_build.program_digest", lambda: "another program")
    assert NOTHING not in run(*BUILD).stdout


def test_a_build_that_failed_is_made_again(run, built, monkeypatch):
    (built / "list.csv").write_text("id,login\n1,one\n")
    with monkeypatch.context() as patch:
        patch.setattr("generator.check.check", fail)
        assert run(*BUILD).returncode == 1
    result = run(*BUILD)
    assert "Checked" in result.stdout
    assert info(built)["users"] == 1


def fail(*arguments, **options):
    raise OSError(28, "No space left on device")


def test_render_mends_what_check_refuses_as_check_says(run, built):
    page = built / "build/site/users/1.html"
    before = page.read_bytes()
    page.write_bytes(before.replace(b"</li>", b"", 1))
    refused = run("check")
    assert refused.returncode == 1
    assert refused.stderr.endswith("; `ghdirectory render` writes the site again\n")
    assert run("render", *SMALL_SITE).returncode == 0
    assert page.read_bytes() == before
