"""The rules of the house: who imports whom, one door for each outside package, locked versions."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"function", "generator", "infra"}
# Every package that is imported, and the one module that does, unless it is in MORE_DOORS.
DOORS = {
    "aws_lambda_powertools": "function.handler",
    "boto3": "generator.publish.aws",
    "botocore": "generator.publish.aws",
    "bootstrap_wrapper": "generator.render.assets",
    "filelock": "generator.lock",
    "httpx": "generator.github.client",
    "jinja2": "generator.render.templates",
    "markupsafe": "generator.render.templates",
    "tinycss2": "generator.render.css",
    "mangum": "function.handler",
    "sqlite_utils": "generator.store.file",
    "starlette": "function.app",
    "uvicorn": "generator.serve",
}
# Packages that any module of some packages may import.
MORE_DOORS = {"click": ("generator.cli.", "infra.deploy"), "rich": ("generator.cli.",)}
LOCKS = (
    *("requirements/build.txt", "requirements/dev.txt", "requirements/deploy.txt"),
    "function/requirements.txt",
)
# Of what has an environment of its own: what the benchmarks compare with, what deploying calls,
# what checks the template for AWS.
OTHERS = ("requirements/bench.txt", "requirements/aws.txt", "requirements/lint.txt")


def imports(path: Path) -> set[str]:
    """Return the modules that the file at *path* imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            # Where all that is imported are modules, the package is only the way to them.
            found |= names if names <= PATHS.keys() else {node.module, *names}
    return found


def module_name(path: Path) -> str:
    """Return the name of the module at *path*, a package's for its __init__.py."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


PATHS = {
    module_name(path): path
    for package in sorted(OURS)
    for path in sorted((ROOT / package).rglob("*.py"))
}
MODULES = {name: imports(path) for name, path in PATHS.items()}


def outside(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names} - OURS - set(sys.stdlib_module_names)


def room(name: str) -> str:
    """Return the package of the module *name*: "generator.site", or "generator.check" itself."""
    top, _, rest = name.partition(".")
    return f"{top}.{rest.partition('.')[0]}" if top == "generator" and rest else top


def rooms(name: str) -> set[str]:
    """Return the packages of ours, other than its own, that the module *name* imports from."""
    found = {room(one) for one in MODULES[name] if one.partition(".")[0] in OURS}
    return found - {room(name), "generator"}


# Which packages and modules each may import from; `function` and what is named in COMMON besides.
COMMON = {"function", "generator.errors", "generator.text"}
MAY_IMPORT = {
    "function": set(),
    "generator": set(),
    "generator.text": set(),
    "generator.errors": {"generator.text"},
    "generator.lock": set(),
    "generator.jobs": set(),
    "generator.reading": set(),
    "generator.github": set(),
    "generator.store": {"generator.github", "generator.lock"},
    "generator.bake": set(),
    "generator.site": {"generator.lock"},
    "generator.seed": {"generator.github", "generator.store"},
    "generator.render": {"generator.site", "generator.jobs", "generator.reading"},
    "generator.check": {"generator.site", "generator.reading"},
    "generator.serve": {"generator.site"},
    "generator.publish": {"generator.site"},
    "generator.explain": set(),
    "generator.cli": {
        *("generator.seed", "generator.github", "generator.store", "generator.bake"),
        *("generator.site", "generator.render", "generator.check", "generator.serve"),
        *("generator.publish", "generator.explain"),
    },
    "generator.__main__": {"generator.cli"},
    "infra": {"generator.site", "generator.publish"},
}


@pytest.mark.parametrize("name", MODULES)
def test_each_package_imports_only_what_it_may(name):
    own = room(name)
    common = COMMON - {"generator.errors"} if own == "generator.errors" else COMMON
    if own in ("function", "generator.text"):
        common = set()
    assert rooms(name) <= MAY_IMPORT[own] | common


@pytest.mark.parametrize("name", MODULES)
def test_a_package_is_imported_by_its_name_and_not_by_an_inner_module(name):
    inner = {one for one in MODULES[name] & MODULES.keys() if one.startswith("generator.")}
    assert not {one for one in inner if room(one) not in (room(name), one)}


def test_building_needs_no_boto3():
    """What needs it is loaded on first use, since requirements/build.txt has none."""
    program = """
import importlib, sys
sys.modules["boto3"] = sys.modules["botocore"] = sys.modules["mangum"] = None
sys.modules["aws_lambda_powertools"] = None
for name in sys.argv[1:]:
    importlib.import_module(name)
"""
    names = sorted({room(name) for name in MODULES if name.startswith("generator.")})
    names = [name for name in names if name != "generator.__main__"]
    subprocess.run([sys.executable, "-c", program, *names], check=True, cwd=ROOT)


def test_no_module_needs_fcntl_which_windows_lacks():
    assert not [name for name, imported in MODULES.items() if "fcntl" in imported]


def test_the_function_never_imports_the_generator():
    for name, imported in MODULES.items():
        if name.startswith("function"):
            assert not [other for other in imported if other.startswith("generator")], name


def test_every_outside_package_has_one_door():
    doors = {
        package: {name for name, imported in MODULES.items() if package in outside(imported)}
        for package in set().union(*map(outside, MODULES.values()))
    }
    for package, prefixes in MORE_DOORS.items():
        assert not [name for name in doors.pop(package) if not name.startswith(prefixes)]
    assert doors == {package: {module} for package, module in DOORS.items()}


def test_no_imports_go_round_in_a_circle():
    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way, name))
        for other in MODULES[name] & set(MODULES):
            if other not in done:
                visit(other, (*way, name))
        done.add(name)

    done: set[str] = set()
    for name in MODULES:
        visit(name, ())


def test_only_the_command_line_and_the_handler_read_the_environment():
    readers = {
        name for name in MODULES if re.search(r"\bos\.(environ|getenv)\b", PATHS[name].read_text())
    }
    assert readers == {"generator.cli.options", "function.handler", "infra.with_args"}


def test_only_the_terminal_writes_to_the_terminal():
    """And the process's entry, before the terminal is imported."""
    writers = {
        name
        for name in MODULES
        if name.startswith(("function", "generator"))
        and re.search(
            r"\bprint\(|\bsys\.std(out|err)\b",
            PATHS[name].read_text(),
        )
    }
    assert writers == {"generator.cli.terminal", "generator.__main__"}


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked(path: str) -> dict[str, str]:
    """Return the versions that the lock file at *path* pins."""
    text = (ROOT / path).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE))


@pytest.mark.parametrize("path", [*LOCKS, *OTHERS])
def test_a_lock_file_has_a_hash_for_everything_and_no_address(path):
    text = (ROOT / path).read_text()
    blocks = re.findall(r"^[a-z0-9][^\n]*(?:\n {4}[^\n]+)*", text, re.MULTILINE)
    # One may be there twice, for Pythons of its own.
    assert {block.partition("==")[0] for block in blocks} == set(locked(path))
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"://|--(extra-)?index|--find-links", text)


def test_the_lock_files_pin_one_version_of_each_package():
    everything = locked("requirements/dev.txt")
    for path in LOCKS:
        assert locked(path).items() <= everything.items()


@pytest.mark.parametrize(
    ("path", "required"),
    [
        ("requirements/build.txt", PROJECT["project"]["dependencies"]),
        ("function/requirements.txt", PROJECT["dependency-groups"]["function"]),
        ("requirements/deploy.txt", PROJECT["dependency-groups"]["deploy"]),
        ("requirements/bench.txt", PROJECT["dependency-groups"]["bench"]),
        ("requirements/aws.txt", PROJECT["dependency-groups"]["aws"]),
        ("requirements/lint.txt", PROJECT["dependency-groups"]["lint"]),
        (
            "requirements/dev.txt",
            [r for r in PROJECT["dependency-groups"]["dev"] if isinstance(r, str)],
        ),
    ],
)
def test_what_the_project_asks_for_is_locked(path, required):
    names = {re.split(r"[<>=~!\[; ]", requirement)[0].lower() for requirement in required}
    assert names <= set(locked(path))


def test_building_installs_no_test_tool_and_nothing_of_lambdas():
    assert not set(locked("requirements/build.txt")) & {
        *("pytest", "hypothesis", "mypy", "ruff", "mangum", "aws-lambda-powertools", "boto3"),
    }
