"""What make does with the words a person types: real make, a Python that notes its arguments."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STAMPS = (".build", ".deploy", ".dev", ".aws")

# Stands in for .venv/bin/python: notes when it begins and ends, and its arguments.
PYTHON = f"""#!/bin/sh
case "$1" in infra/with_args.py | -c) exec {sys.executable} "$@";; esac
exec {sys.executable} - "$@" <<'END'
import json, sys
with open("calls", "a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
    calls.flush()
    if "pip" in sys.argv:
        print(open("pip-says").read(), file=sys.stderr, end="")
        sys.exit(1)
    calls.write("end\\n")
END
"""

HOSTILE = [
    'search:location:"new york"',
    "file:it's here.csv",
    "search:`touch ran`",
    "search:$(touch ran)",
    "search:$(shell touch ran)",
    "search:$HOME $$ ${PATH}",
    "search:x; touch ran; #",
    "search:a && touch ran | touch ran > ran",
    "search:back\\slash \\",
    "search:%s\ttab * ?",
    "search:two\nlines",
]


class Project:
    """A checkout in which nothing needs to be installed, in a folder with a blank in its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("Makefile", "infra/with_args.py", "pyproject.toml"):
            (folder / name).parent.mkdir(exist_ok=True, parents=True)
            shutil.copy(ROOT / name, folder / name)
        shutil.copytree(ROOT / "requirements", folder / "requirements")
        (folder / ".venv/bin").mkdir(parents=True)
        (folder / ".venv/bin/python").write_text(PYTHON)
        (folder / ".venv/bin/python").chmod(0o755)
        # Each stamp is newer than what it was made from, and all are old.
        made = [*(folder / "requirements").iterdir(), folder / "pyproject.toml"]
        for age, path in enumerate([*made, *(folder / ".venv" / stamp for stamp in STAMPS)]):
            path.touch()
            os.utime(path, (age, age))

    def make(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        # The suite may have been started by make, which tells its own make what it was told.
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.run(
            ["make", *words],
            cwd=self.folder,
            env={**inherited, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def calls(self) -> list[list[str]]:
        """Return what each call of Python was given, "end" aside."""
        lines = (self.folder / "calls").read_text().splitlines()
        return [json.loads(line) for line in lines if line != "end"]

    def has_run_something(self) -> bool:
        return any(self.folder.rglob("ran"))


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "a project")


def value(call, option):
    """Return what *call* gives for *option*."""
    (found,) = (word for word in call if word.startswith(f"{option}="))
    return found.removeprefix(f"{option}=")


# ---------------------------------------------------------------- values reach programs as typed


@pytest.mark.parametrize("text", HOSTILE)
def test_a_source_is_one_argument_whatever_is_in_it(project, text):
    done = project.make("build-site", f"SOURCE={text}")
    (call,) = project.calls()
    assert (done.returncode, call[:4]) == (0, ["-m", "generator", "build", text])
    assert not project.has_run_something()


@pytest.mark.parametrize("text", ["-x", "--no-data", "--help"])
def test_an_option_is_no_source(project, text):
    done = project.make("build-site", f"SOURCE={text}")
    assert (done.returncode, f"SOURCE={text} is no source: options go in ARGS" in done.stderr) == (
        2,
        True,
    )
    assert not (project.folder / "calls").exists()


@pytest.mark.parametrize("text", [*HOSTILE, "-x"])
def test_what_a_build_is_given_arrives_as_it_was_typed(project, text):
    names = "TOTAL", "ORIGIN", "PAGE_SIZES", "BUILD"
    project.make("build-site", *(f"{name}={text}" for name in names))
    (call,) = project.calls()
    for option in ("--total", "--origin", "--page-sizes"):
        assert value(call, option) == text
    assert value(call, "--store") == f"{text}/github_users.db"
    assert value(call, "--database") == f"{text}/directory.db"
    assert value(call, "--output") == f"{text}/site"
    assert not project.has_run_something()


@pytest.mark.parametrize("text", [*HOSTILE, "-x"])
def test_each_place_can_be_named_by_itself(project, text):
    project.make("build-site", *(f"{name}={text}" for name in ("STORE", "DATABASE", "SITE")))
    (call,) = project.calls()
    assert [value(call, option) for option in ("--store", "--database", "--output")] == [text] * 3
    assert not project.has_run_something()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_makefile_that_calls_itself_hands_values_on_as_they_were_typed(project, text):
    project.make("serve", f"SOURCE={text}", f"PORT={text}")
    build, serve = project.calls()
    assert (build[3], value(serve, "--port")) == (text, text)
    assert not project.has_run_something()


def test_the_stacks_name_is_checked_before_anything_is_built(project):
    project.make("deploy", "STACK=people")
    modules = [call[1] for call in project.calls()]
    assert modules == ["infra.stack_name", "generator", "infra.deploy"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_deployment_is_given_arrives_as_it_was_typed(project, text):
    project.make("deploy", f"PARAMETERS={text}", f"STACK={text}")
    call = project.calls()[-1]
    assert value(call, "--parameters") == value(call, "--stack") == text
    assert not project.has_run_something()


@pytest.mark.parametrize("text", HOSTILE)
def test_help_shows_what_was_typed_and_runs_none_of_it(project, text):
    done = project.make("help", f"SOURCE={text}", f"ARGS={text}", f"BUILD={text}")
    assert f"SOURCE={text}  TOTAL=150" in done.stdout
    assert not project.has_run_something()


def test_arguments_are_split_as_a_shell_would_and_nothing_in_them_is_run(project):
    text = """repo:psf/requests "search:a  b" --title 'It''s $HOME' `touch ran` $(touch ran);x"""
    assert project.make("build-site", f"ARGS={text}").returncode == 0
    (call,) = project.calls()
    assert call[call.index("repo:psf/requests") :] == [
        *("repo:psf/requests", "search:a  b", "--title", "Its $HOME"),
        *("`touch", "ran`", "$(touch", "ran);x"),
    ]
    assert not project.has_run_something()


def test_arguments_that_cannot_be_split_are_an_error_that_names_them(project):
    done = project.make("build-site", "ARGS=--title 'Our people")
    assert done.returncode
    assert done.stderr.startswith("Error: ARGS=--title 'Our people cannot be split into arguments:")
    assert not (project.folder / "calls").exists()


def test_the_environment_changes_nothing_unless_make_is_told(project):
    project.make("build-site", SOURCE="org:other", BUILD="elsewhere", ARGS="--refresh")
    (call,) = project.calls()
    assert (call[3], value(call, "--output")) == ("auto", "build/site")
    assert "--refresh" not in call


def test_no_origin_is_none(project):
    project.make("build-site")
    assert not [word for word in project.calls()[0] if word.startswith("--origin")]


def test_a_build_folder_without_a_name_is_refused(project):
    done = project.make("build-site", "BUILD=")
    assert (done.returncode, "BUILD= names no folder" in done.stderr) == (2, True)


# ------------------------------------------------------------------------------ several targets


def test_targets_are_made_one_after_the_other_however_many_jobs_there_are(project):
    assert project.make("-j4", "build-site", "bundle", "test").returncode == 0
    lines = (project.folder / "calls").read_text().splitlines()
    assert lines[1::2] == ["end"] * (len(lines) // 2)
    # There is no database, as nothing was really built: so the bundle asks for one.
    built, again, bundle, test = project.calls()
    assert (built[2], again[2]) == ("build", "build")
    assert (bundle[1], test[1]) == ("infra.bundle", "pytest")


# ------------------------------------------------------------------------------------- removing

STORE = ("github_users.db", "github_users.db.lock", "github_users.0123456789abcdef.db")
BUILT = ("directory.db", "directory.db.part", "site/index.html", "bundle/function/handler.py")


def fill(folder):
    for name in (*STORE, *BUILT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize("build", ["build", "my build", "-b", "'$x'", "a/b"])
def test_cleaning_leaves_the_store_and_the_environment(project, build):
    fill(project.folder / build)
    assert project.make("clean", f"BUILD={build}").returncode == 0
    assert {path.name for path in (project.folder / build).iterdir()} == {*STORE}
    assert (project.folder / ".venv/.build").exists()


def test_cleaning_all_leaves_a_fresh_clone(project):
    fill(project.folder / "build")
    assert project.make("distclean").returncode == 0
    assert {path.name for path in project.folder.iterdir()} == {
        *("Makefile", "infra", "pyproject.toml", "requirements")
    }


def test_cleaning_leaves_what_is_not_the_builds(project):
    fill(project.folder / "build")
    (project.folder / "build/letter.txt").touch()
    assert project.make("distclean").returncode == 0
    assert [path.name for path in (project.folder / "build").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("target", ["clean", "distclean"])
@pytest.mark.parametrize("build", ["..", ".", "../elsewhere", "link"])
def test_nothing_is_removed_outside_the_project(project, target, build):
    elsewhere = project.folder.parent / "elsewhere"
    elsewhere.mkdir()
    (project.folder / "link").symlink_to(elsewhere)
    folder = project.folder / build
    fill(folder)
    done = project.make(target, f"BUILD={build}")
    assert done.returncode
    assert f"BUILD={build} is not a folder in here" in done.stderr
    assert all((folder / name).exists() for name in (*STORE, *BUILT))


# ------------------------------------------------------------------------- what a machine lacks


def test_locking_without_uv_says_what_to_install(project, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("make", "sh"):
        (tools / name).symlink_to(shutil.which(name))
    done = project.make("lock", PATH=str(tools))
    assert done.returncode
    assert "make lock needs uv: python3 -m pip install uv" in done.stderr


NO_NETWORK = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)': /simple/x/
ERROR: Could not find a version that satisfies the requirement x (from versions: none)
ERROR: No matching distribution found for x
"""


def test_without_a_network_the_package_index_is_named(project):
    (project.folder / ".venv/.dev").unlink()
    (project.folder / "pip-says").write_text(NO_NETWORK)
    done = project.make("test")
    assert done.returncode
    assert done.stderr.startswith("The package index cannot be reached")
    assert "No matching distribution" not in done.stderr


def test_what_else_pip_refuses_is_shown_in_its_words(project):
    (project.folder / ".venv/.dev").unlink()
    said = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n"
    (project.folder / "pip-says").write_text(said)
    done = project.make("test")
    assert done.returncode
    assert done.stderr.startswith(said)


def test_another_python_than_the_environments_is_refused(project, tmp_path):
    other = tmp_path / "python4"
    other.write_text("#!/bin/sh\necho 4.0.0 in /opt/python4\n")
    other.chmod(0o755)
    done = project.make("build-site", f"PYTHON={other}")
    assert done.returncode
    assert f"PYTHON={other} is 4.0.0 in /opt/python4, and .venv has " in done.stderr
    assert "make distclean" in done.stderr
    assert not (project.folder / "calls").exists()


def test_the_environments_own_python_may_be_named(project):
    assert project.make("build-site", f"PYTHON={sys.executable}").returncode == 0
