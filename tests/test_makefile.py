"""The Makefile, run by the real make, with a Python that only records its arguments."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
STAMPS = (".build", ".deploy", ".dev", ".aws")

# Replaces .venv/bin/python: records its arguments when it starts, and "end" when it ends. A record
# ends with "\036", each of its words with NUL.
PYTHON = rf"""#!/bin/sh
case "$1" in infra/with_args.py | -c) exec {shlex.quote(sys.executable)} -S "$@";; esac
printf '%s\0' "$@" >> calls; printf '\036' >> calls
case " $* " in *" pip "*) cat pip-output >&2; exit 1;; esac
printf 'end\0\036' >> calls
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


BOTH = ("site/build.json", "directory.db")


class Project:
    """A checkout with nothing to install, in a folder with a space in its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("Makefile", "infra/with_args.py", "pyproject.toml"):
            (folder / name).parent.mkdir(exist_ok=True, parents=True)
            shutil.copy(ROOT / name, folder / name)
        shutil.copytree(ROOT / "requirements", folder / "requirements")
        (folder / ".venv/bin").mkdir(parents=True)
        (folder / ".venv/bin/python").write_text(PYTHON)
        (folder / ".venv/bin/python").chmod(0o755)
        # Each stamp is newer than the lock files, and all are old.
        sources = [*(folder / "requirements").iterdir(), folder / "pyproject.toml"]
        for age, path in enumerate([*sources, *(folder / ".venv" / stamp for stamp in STAMPS)]):
            path.touch()
            os.utime(path, (age, age))

    def make(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        # Only these: a make that runs the tests hands its own variables on to this one.
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
        """Return the arguments of each call of Python."""
        return [record for record in self.records() if record != ["end"]]

    def records(self) -> list[list[str]]:
        """Return what Python recorded: the arguments of a call, or ["end"]."""
        text = (self.folder / "calls").read_text()
        return [record.split("\0")[:-1] for record in text.split("\036")[:-1]]

    def has_run_something(self) -> bool:
        return any(self.folder.rglob("ran"))


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "a project")


def value(call, option):
    """Return the value of *option* in *call*."""
    (word,) = (word for word in call if word.startswith(f"{option}="))
    return word.removeprefix(f"{option}=")


# ---------------------------------------------------------------- values arrive as typed


@pytest.mark.parametrize("text", HOSTILE)
def test_a_source_is_one_argument_whatever_its_characters(project, text):
    result = project.make("build-site", f"SOURCE={text}")
    (call,) = project.calls()
    assert (result.returncode, call[:4]) == (0, ["-m", "generator", "build", text])
    assert not project.has_run_something()


def test_a_build_ends_with_the_next_command(project):
    assert project.make("build-site").stdout == "Look at it: make serve\n"
    assert project.make("build-site", "BUILD=b").stdout == "Look at it: make serve BUILD=b\n"
    assert "make serve" not in project.make("serve").stdout  # it builds what is missing


@pytest.mark.parametrize("text", ["-x", "--no-data", "--help"])
def test_a_source_that_is_an_option_is_refused(project, text):
    result = project.make("build-site", f"SOURCE={text}")
    assert result.returncode == 2
    assert f"SOURCE={text} is an option, not a source: put options in ARGS" in result.stderr
    assert not (project.folder / "calls").exists()


@pytest.mark.parametrize("text", [*HOSTILE, "-x"])
def test_variables_of_a_build_arrive_as_typed(project, text):
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
def test_store_database_and_site_can_be_set_separately(project, text):
    project.make("build-site", *(f"{name}={text}" for name in ("STORE", "DATABASE", "SITE")))
    (call,) = project.calls()
    assert [value(call, option) for option in ("--store", "--database", "--output")] == [text] * 3
    assert not project.has_run_something()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_target_that_makes_another_passes_values_on_as_typed(project, text):
    project.make("serve", f"SOURCE={text}", f"PORT={text}")
    build, serve = project.calls()
    assert (build[3], value(serve, "--port")) == (text, text)
    assert not project.has_run_something()


@pytest.mark.parametrize("target", ["serve", "deploy"])
@pytest.mark.parametrize(
    ("files", "builds"),
    [((), 1), (("site/build.json",), 1), (("directory.db",), 1), (BOTH, 0)],
    ids=["nothing", "only the site", "only the directory", "both"],
)
def test_what_is_missing_is_built_first(project, target, files, builds):
    for name in files:
        path = project.folder / "build" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    project.make(target)
    assert [call[2] for call in project.calls()].count("build") == builds


def test_the_stack_name_is_checked_before_the_build(project):
    project.make("deploy", "STACK=people")
    modules = [call[1] for call in project.calls()]
    assert modules == ["infra.stack_name", "generator", "infra.deploy", "infra.deploy"]


def test_a_deployment_is_checked_before_its_packages_are_installed(project):
    (project.folder / ".venv/.deploy").unlink()
    assert project.make("deploy", "ARGS=--allow-sample").returncode
    _, _, check, install = project.calls()
    assert check[:4] == ["-m", "infra.deploy", "deploy", "--check"]
    assert check[-1] == "--allow-sample"
    assert install[:3] == ["-m", "pip", "install"]


@pytest.mark.parametrize("text", HOSTILE)
def test_variables_of_a_deployment_arrive_as_typed(project, text):
    project.make("deploy", f"PARAMETERS={text}", f"STACK={text}")
    call = project.calls()[-1]
    assert value(call, "--parameters") == value(call, "--stack") == text
    assert not project.has_run_something()


@pytest.mark.parametrize("text", HOSTILE)
def test_help_shows_values_and_does_not_run_them(project, text):
    result = project.make("help", f"SOURCE={text}", f"ARGS={text}", f"BUILD={text}")
    assert f"SOURCE={text}  TOTAL=  ORIGIN=" in result.stdout
    assert not project.has_run_something()


def test_help_shows_the_time_of_each_target_within_100_columns(project):
    lines = project.make("help").stdout.splitlines()
    assert max(len(line) for line in lines) <= 100
    targets = [line for line in lines if line.startswith("  make ")]
    assert len(targets) == MAKEFILE.count(" ## ")
    assert all(re.match(r"  make [a-z-]+ +([0-9]+ (s|min)|minutes) +[A-Z]", t) for t in targets)


def test_args_are_split_like_a_shell_line_and_not_run(project):
    text = """repo:psf/requests "search:a  b" --title 'It''s $HOME' `touch ran` $(touch ran);x"""
    assert project.make("build-site", f"ARGS={text}").returncode == 0
    (call,) = project.calls()
    assert call[call.index("repo:psf/requests") :] == [
        *("repo:psf/requests", "search:a  b", "--title", "Its $HOME"),
        *("`touch", "ran`", "$(touch", "ran);x"),
    ]
    assert not project.has_run_something()


@pytest.mark.parametrize(
    ("target", "module"),
    [
        *(("build-site", "generator"), ("bench", "bench")),
        *((name, "infra.deploy") for name in ("deploy", "rollback", "destroy")),
    ],
)
def test_help_of_a_command_installs_nothing(project, target, module):
    for stamp in (".deploy", ".dev", ".aws"):
        (project.folder / ".venv" / stamp).unlink()
    result = project.make(target, "ARGS=--help")
    (call,) = project.calls()
    assert (result.returncode, result.stdout) == (0, "")
    assert (call[:2], call[-1]) == (["-m", module], "--help")


def test_args_of_serve_are_its_own(project):
    project.make("serve", "ARGS=--open")
    build, serve = project.calls()
    assert ("--open" in build, serve[-1]) == (False, "--open")


def test_args_with_an_open_quote_are_an_error(project):
    result = project.make("build-site", "ARGS=--title 'Our people")
    assert result.returncode
    assert result.stderr.startswith(
        "Error: ARGS=--title 'Our people cannot be split into arguments:"
    )
    assert not (project.folder / "calls").exists()


def test_variables_of_the_environment_are_ignored(project):
    project.make("build-site", SOURCE="org:other", BUILD="elsewhere", ARGS="--refresh")
    (call,) = project.calls()
    assert (call[3], value(call, "--output")) == ("auto", "build/site")
    assert "--refresh" not in call


def test_an_empty_origin_adds_no_option(project):
    project.make("build-site")
    assert not [word for word in project.calls()[0] if word.startswith("--origin")]


def test_an_empty_build_folder_is_refused(project):
    result = project.make("build-site", "BUILD=")
    assert (result.returncode, "BUILD is empty" in result.stderr) == (2, True)


def test_an_unknown_variable_is_refused(project):
    result = project.make("build-site", "source=org:python", "TOTAL=5")
    assert (result.returncode, "unknown variable source:" in result.stderr) == (2, True)
    assert not (project.folder / "calls").exists()


# ------------------------------------------------------------------------------ several targets


def test_targets_run_one_after_the_other_even_with_several_jobs(project):
    assert project.make("-j4", "build-site", "bundle", "test").returncode == 0
    records = project.records()
    assert records[1::2] == [["end"]] * (len(records) // 2)
    # Nothing was really built, so the bundle finds no database and builds again.
    built, again, bundle, test = project.calls()
    assert (built[2], again[2]) == ("build", "build")
    assert (bundle[1], test[1]) == ("infra.bundle", "pytest")


# ------------------------------------------------------------------------------------- removing

STORE = ("github_users.db", "github_users.db.lock", "github_users.0123456789abcdef.db")
BUILT = (
    *("directory.db", "directory.db.part", "directory.db.lock"),
    *("changes.json", "changes.json.part", "site/index.html", "bundle/function/handler.py"),
)


def fill(folder):
    for name in (*STORE, *BUILT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize("build", ["build", "my build", "-b", "'$x'", "a/b"])
def test_clean_leaves_the_store_and_the_environment(project, build):
    fill(project.folder / build)
    assert project.make("clean", f"BUILD={build}").returncode == 0
    assert {path.name for path in (project.folder / build).iterdir()} == {*STORE}
    assert (project.folder / ".venv/.build").exists()


def test_distclean_leaves_a_fresh_clone(project):
    fill(project.folder / "build")
    assert project.make("distclean").returncode == 0
    assert {path.name for path in project.folder.iterdir()} == {
        *("Makefile", "infra", "pyproject.toml", "requirements")
    }


def test_distclean_leaves_foreign_files(project):
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
    result = project.make(target, f"BUILD={build}")
    assert result.returncode
    assert f"BUILD={build} is not inside this folder" in result.stderr
    assert all((folder / name).exists() for name in (*STORE, *BUILT))


# ------------------------------------------------------- missing tools, network and another Python


def test_lock_without_uv_says_what_to_install(project, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("make", "sh"):
        (tools / name).symlink_to(shutil.which(name))
    result = project.make("lock", PATH=str(tools))
    assert result.returncode
    assert "make lock needs uv: python3 -m pip install uv" in result.stderr


NO_NETWORK = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)': /simple/x/
ERROR: Could not find a version that satisfies the requirement x (from versions: none)
ERROR: No matching distribution found for x
"""


def test_packages_are_installed_only_with_the_hashes_of_the_lock_files():
    (install,) = re.findall(r"^install = .*", MAKEFILE, re.MULTILINE)
    assert " --require-hashes " in install
    (of_the_project,) = re.findall(r"^\t@\$\(BIN\).* pip install .*", MAKEFILE, re.MULTILINE)
    assert "--no-deps --no-build-isolation" in of_the_project
    for module in ("infra/bundle.py", "bench/environment.py"):
        assert '"--require-hashes"' in (ROOT / module).read_text()


def test_a_missing_network_is_named_as_the_cause(project):
    (project.folder / ".venv/.dev").unlink()
    (project.folder / "pip-output").write_text(NO_NETWORK)
    result = project.make("test")
    assert result.returncode
    assert result.stderr.startswith("The package index cannot be reached")
    assert "No matching distribution" not in result.stderr


def test_other_errors_of_pip_are_shown_unchanged(project):
    (project.folder / ".venv/.dev").unlink()
    message = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n"
    (project.folder / "pip-output").write_text(message)
    result = project.make("test")
    assert result.returncode
    assert result.stderr.startswith(message)


def test_a_python_other_than_the_environments_is_refused(project, tmp_path):
    other = tmp_path / "python4"
    other.write_text("#!/bin/sh\necho 4.0.0 in /opt/python4\n")
    other.chmod(0o755)
    result = project.make("build-site", f"PYTHON={other}")
    assert result.returncode
    assert f"PYTHON={other} is 4.0.0 in /opt/python4, but .venv has " in result.stderr
    assert "make distclean" in result.stderr
    assert not (project.folder / "calls").exists()


def test_the_environments_python_may_be_given(project):
    assert project.make("build-site", f"PYTHON={sys.executable}").returncode == 0
