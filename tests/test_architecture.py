"""The rules of the architecture: which package imports which, and locked versions.

Each third-party package is imported by one module, so that it can be replaced there.
"""

import re
import subprocess
import sys
import tomllib

import pytest

from docs.modules import MODULES, OURS, PATHS, ROOT, imported_packages, package_of

# The only module that imports each third-party package, except for those in SEVERAL_IMPORTERS.
IMPORTER = {
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
# Packages that may be imported by modules whose names begin like these.
SEVERAL_IMPORTERS = {"click": ("generator.cli.", "infra.deploy"), "rich": ("generator.cli.",)}
LOCKS = (
    *("requirements/build.txt", "requirements/dev.txt", "requirements/deploy.txt"),
    "function/requirements.txt",
)
# Lock files of separate environments: peers of the benchmarks, deployment, linters for AWS.
SEPARATE_LOCKS = ("requirements/bench.txt", "requirements/aws.txt", "requirements/lint.txt")


def third_party(names: set[str]) -> set[str]:
    """Return the third-party packages among the modules *names*."""
    return {name.partition(".")[0] for name in names} - {*OURS} - {*sys.stdlib_module_names}


# The packages and modules that each may import from, in addition to COMMON.
COMMON = {"function", "generator.errors", "generator.text"}
MAY_IMPORT = {
    "function": set(),
    "generator": set(),
    "generator.text": set(),
    "generator.errors": {"generator.text"},
    "generator.lock": set(),
    "generator.changes": set(),
    "generator.jobs": set(),
    "generator.reading": set(),
    "generator.program": set(),
    "generator.github": set(),
    "generator.store": {"generator.changes", "generator.lock"},
    "generator.bake": {"generator.jobs", "generator.lock"},
    "generator.site": {"generator.lock"},
    "generator.seed": {"generator.github", "generator.store"},
    "generator.last_build": {"generator.changes", "generator.program", "generator.site"},
    "generator.render": {
        *("generator.site", "generator.jobs", "generator.reading", "generator.program"),
        "generator.changes",
    },
    "generator.check": {"generator.site", "generator.jobs", "generator.reading"},
    "generator.serve": {"generator.site"},
    "generator.publish": {"generator.site"},
    "generator.explain": set(),
    "generator.cli": {
        *("generator.seed", "generator.github", "generator.store", "generator.bake"),
        *("generator.site", "generator.render", "generator.check", "generator.serve"),
        *("generator.publish", "generator.explain", "generator.last_build"),
        "generator.changes",
    },
    "generator.__main__": {"generator.cli"},
    "infra": {"generator.site", "generator.publish"},
}


def may_import(package: str) -> set[str]:
    """Return the packages that *package* may import from."""
    if package in ("function", "generator.text"):
        return set()
    return MAY_IMPORT[package] | COMMON - {package}


def test_a_package_imports_only_the_packages_that_it_may():
    forbidden = {name: imported_packages(name) - may_import(package_of(name)) for name in MODULES}
    assert not {name: packages for name, packages in forbidden.items() if packages}


def test_a_package_is_imported_by_its_name_and_not_by_an_inner_module():
    for name, imported in MODULES.items():
        inner = {
            module
            for module in imported & MODULES.keys()
            if module.startswith("generator.")
            and package_of(module) not in (package_of(name), module)
        }
        assert not inner, name


def test_building_needs_no_boto3():
    """Code that needs boto3 is loaded on first use, since requirements/build.txt has no boto3."""
    program = """
import importlib, sys
sys.modules["boto3"] = sys.modules["botocore"] = sys.modules["mangum"] = None
sys.modules["aws_lambda_powertools"] = None
for name in sys.argv[1:]:
    importlib.import_module(name)
"""
    names = sorted({package_of(name) for name in MODULES if name.startswith("generator.")})
    names = [name for name in names if name != "generator.__main__"]
    # What `make bench ARGS=--help` and the checks before `make deploy` installs boto3 run.
    names += ["bench.__main__", "infra.deploy"]
    subprocess.run([sys.executable, "-c", program, *names], check=True, cwd=ROOT)


def test_no_module_needs_fcntl_which_windows_lacks():
    assert not [name for name, imported in MODULES.items() if "fcntl" in imported]


def test_the_function_never_imports_the_generator():
    for name, imported in MODULES.items():
        if name.startswith("function"):
            assert not [module for module in imported if module.startswith("generator")], name


def test_each_third_party_package_is_imported_by_one_module():
    importers = {
        package: {name for name, imported in MODULES.items() if package in third_party(imported)}
        for package in set().union(*map(third_party, MODULES.values()))
    }
    for package, prefixes in SEVERAL_IMPORTERS.items():
        assert not [name for name in importers.pop(package) if not name.startswith(prefixes)]
    assert importers == {package: {module} for package, module in IMPORTER.items()}


def test_no_modules_import_each_other_in_a_circle():
    def visit(name: str, importers: tuple[str, ...]) -> None:
        assert name not in importers, " -> ".join((*importers, name))
        for imported in MODULES[name] & MODULES.keys():
            if imported not in visited:
                visit(imported, (*importers, name))
        visited.add(name)

    visited: set[str] = set()
    for name in MODULES:
        visit(name, ())


def test_only_the_command_line_and_the_handler_read_the_environment():
    readers = {
        name for name in MODULES if re.search(r"\bos\.(environ|getenv)\b", PATHS[name].read_text())
    }
    assert readers == {"generator.cli.options", "function.handler", "infra.with_args"}


def test_only_the_terminal_writes_to_the_terminal():
    """So does __main__, before it has imported the terminal."""
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


@pytest.mark.parametrize("path", [*LOCKS, *SEPARATE_LOCKS])
def test_a_lock_file_has_a_hash_for_each_package_and_no_url(path):
    text = (ROOT / path).read_text()
    blocks = re.findall(r"^[a-z0-9][^\n]*(?:\n {4}[^\n]+)*", text, re.MULTILINE)
    # A package may be listed twice, for different versions of Python.
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
def test_required_packages_are_locked(path, required):
    names = {re.split(r"[<>=~!\[; ]", requirement)[0].lower() for requirement in required}
    assert names <= set(locked(path))


def test_docs_architecture_has_the_reason_for_each_required_package():
    groups = PROJECT["dependency-groups"]
    required = [*PROJECT["project"]["dependencies"]]
    for name in groups.keys() - {"bench"}:
        required += [r for r in groups[name] if isinstance(r, str)]
    text = (ROOT / "docs/architecture.md").read_text().partition("## Packages")[2]
    reasons = re.findall(r"^\| ([^`|]+) \| .+ \| .+ \|$", text, re.MULTILINE)
    names = set(re.split(r"[,() ]+", " ".join(reasons)))
    assert {re.split(r"[<>=~!\[; ]", requirement)[0] for requirement in required} <= names


def test_building_installs_no_package_of_tests_or_lambda():
    assert not set(locked("requirements/build.txt")) & {
        *("pytest", "hypothesis", "mypy", "ruff", "mangum", "aws-lambda-powertools", "boto3"),
    }
