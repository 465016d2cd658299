"""`sam build && sam local start-api` answers without any parameter, here without a container."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from function.answer import PATH
from infra.bundle import ROOT
from infra.sam import INSTALLED
from tests.factories import proxy_event

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (INSTALLED / "sam").exists(), reason="sam is not here; `make .venv/.aws` installs it"
    ),
]

# Reads the template as `sam local` does: the value of a parameter without a default is its name.
RESOLVE = """
import json, sys
from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

stacks, _ = SamLocalStackProvider.get_stacks(sys.argv[1])
(function,) = SamFunctionProvider(stacks).get_all()
routes = ApiProvider(stacks).api.routes
print(json.dumps({
    "folder": function.codeuri,
    "handler": function.handler,
    "environment": function.environment,
    "architectures": function.architectures,
    "routes": {route.path: route.methods for route in routes},
}))
"""
# Calls the handler as Lambda does. Python sees only the bundle and the standard library.
INVOKE = """
import importlib, json, sys
module, _, name = sys.argv[1].rpartition(".")
sys.path.insert(0, "")
handler = getattr(importlib.import_module(module), name)
print(json.dumps(handler(json.load(sys.stdin), None)))
"""


@pytest.fixture(scope="module")
def function(directory, tmp_path_factory):
    """The function, as `sam local` reads it from the template that `sam build` wrote."""
    folder = tmp_path_factory.mktemp("sam")
    environment = {name: os.environ[name] for name in ("PATH", "HOME")} | {
        name: value for name, value in os.environ.items() if name.startswith("PIP_")
    }
    environment |= {
        "DATABASE": str(directory.path),
        "AWS_DEFAULT_REGION": "us-east-1",
        "SAM_CLI_TELEMETRY": "0",
    }

    def run(*command):
        return subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        ).stdout

    run(INSTALLED / "sam", "build", "--build-dir", folder)
    return json.loads(run(INSTALLED / "python", "-c", RESOLVE, folder / "template.yaml"))


def ask(function, query):
    variables = (function["environment"] or {}).get("Variables", {})
    completed = subprocess.run(
        [sys.executable, "-S", "-c", INVOKE, function["handler"]],
        cwd=function["folder"],
        env=variables,
        input=json.dumps(proxy_event(PATH, query)),
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(completed.stdout.splitlines()[-1])


def test_bundle_answers_without_any_parameter(function, directory):
    response = ask(function, "username=jo&pagination=1")
    assert response["statusCode"] == 200
    assert response["headers"]["x-release"] == directory.release
    assert json.loads(response["body"])["profiles"][0]["username"] == "mojombo"


def test_function_runs_on_the_processor_of_a_pc(function):
    assert function["architectures"] == ["x86_64"]


def test_both_paths_are_routed(function):
    assert {
        path: {"GET", "HEAD"} <= set(methods) for path, methods in function["routes"].items()
    } == {
        PATH: True,
        "/api/openapi.json": True,
    }


def test_bundle_has_no_compiled_extension(function):
    assert not [
        path.name
        for path in Path(function["folder"]).rglob("*")
        if path.suffix in (".so", ".pyd", ".dylib")
    ]
