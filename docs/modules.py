"""The project's modules, and what each imports, as their source code says.

For the picture in docs/architecture.md, and for the rules in tests/test_architecture.py.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = ("function", "generator", "infra")


def module_name(path: Path) -> str:
    """Return the name of the module at *path*, a package's for its __init__.py."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


# The file of each module.
PATHS = {
    module_name(path): path for package in OURS for path in sorted((ROOT / package).rglob("*.py"))
}


def imports(path: Path) -> set[str]:
    """Return the modules that the file at *path* imports."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            # If all names are modules, nothing is imported from the package itself.
            modules |= names if names <= PATHS.keys() else {node.module, *names}
    return modules


# The names that each module imports, of our modules and of others.
MODULES = {name: imports(path) for name, path in PATHS.items()}


def package_of(name: str) -> str:
    """Return the package of the module *name*; "generator.check" is a package by itself."""
    top, _, rest = name.partition(".")
    return f"{top}.{rest.partition('.')[0]}" if top == "generator" and rest else top


def imported_packages(name: str) -> set[str]:
    """Return the project's packages that the module *name* imports from, without its own."""
    packages = {package_of(module) for module in MODULES[name] if module.split(".")[0] in OURS}
    return packages - {package_of(name), "generator"}
