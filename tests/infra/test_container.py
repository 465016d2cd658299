"""The container's files: what they promise without Docker."""

import json
import re
from pathlib import Path

import pytest
import yaml

from generator.cli.commands import ghdirectory

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "infra/Dockerfile"
COMPOSE = yaml.safe_load((ROOT / "infra/compose.yaml").read_text())
SERVICES = COMPOSE["services"]


def instructions():
    """Return the instructions of the Dockerfile in order, as pairs of name and arguments."""
    lines = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", lines).split("\n")
    return [tuple(line.split(maxsplit=1)) for line in lines if line]


INSTRUCTIONS = instructions()
# Those of the last stage, which becomes the image.
IMAGE = INSTRUCTIONS[max(i for i, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM") :]


def arguments(name):
    """Return the arguments of the image's only instruction *name*."""
    (value,) = (value for each, value in IMAGE if each == name)
    return value


def copied():
    """Return the files and folders that are copied from the project."""
    lines = [value.split() for name, value in INSTRUCTIONS if name == "COPY"]
    return [word for words in lines if "--from" not in words[0] for word in words[:-1]]


@pytest.mark.parametrize("path", copied())
def test_every_copied_path_exists(path):
    assert (ROOT / path).exists()


def test_the_build_sees_only_the_copied_paths():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    first, *patterns = [line for line in lines if not line.startswith("#")]
    assert first == "*"
    assert {line[1:] for line in patterns if line.startswith("!")} == {*copied()}
    assert [line for line in patterns if not line.startswith("!")] == ["**/__pycache__"]


def test_packages_are_installed_from_the_lock_file_with_hashes():
    installs = [value for name, value in INSTRUCTIONS if name == "RUN" and "pip install" in value]
    assert "--require-hashes --requirement requirements/build.txt" in installs[0]
    assert all("--no-deps --no-build-isolation ." in value for value in installs[1:])
    assert "index-url" not in DOCKERFILE.read_text()


def test_the_image_has_only_the_installed_packages():
    assert [value for name, value in IMAGE if name in ("COPY", "ADD")] == [
        "--from=packages /opt/ghdirectory /opt/ghdirectory"
    ]


def test_users_are_seeded_and_served_by_a_user_who_is_not_root():
    names = [name for name, _ in IMAGE]
    assert arguments("USER") == "1000"
    seeding = next(i for i, (_, value) in enumerate(IMAGE) if "ghdirectory build" in value)
    assert names.index("USER") < seeding < names.index("VOLUME") < names.index("CMD")


def test_the_token_comes_only_from_a_secret_mount():
    uses = [(name, value) for name, value in INSTRUCTIONS if "TOKEN" in value.upper()]
    ((name, value),) = uses
    assert name == "RUN"
    assert value.startswith("--mount=type=secret,id=github_token,")


def test_the_server_listens_on_all_addresses_of_the_exposed_port():
    program, command, host = json.loads(arguments("CMD"))
    defaults = {option.name: option.default for option in ghdirectory.commands["serve"].params}
    assert (program, command, host) == ("ghdirectory", "serve", "--host=0.0.0.0")
    assert arguments("EXPOSE") == str(defaults["port"]) == "5000"
    assert f"127.0.0.1:{defaults['port']}/" in arguments("HEALTHCHECK")


def test_the_volume_has_the_default_paths_of_the_store_the_directory_and_the_site():
    volume = Path(arguments("VOLUME"))
    defaults = {option.name: option.default for option in ghdirectory.commands["build"].params}
    for name in ("store", "database", "site"):
        assert (Path(arguments("WORKDIR")) / defaults[name]).is_relative_to(volume)


def test_compose_builds_the_image_that_both_services_run():
    build = SERVICES["server"]["build"]
    assert (ROOT / "infra" / build["context"]).resolve() == ROOT
    assert ROOT / build["dockerfile"] == DOCKERFILE
    assert SERVICES["server"]["image"] == SERVICES["refresh"]["image"]
    assert set(build["args"]) == {
        value.split("=")[0] for name, value in INSTRUCTIONS if name == "ARG"
    }


def test_both_services_share_the_volume_and_write_nowhere_else():
    for service in SERVICES.values():
        assert service["volumes"] == [f"directory:{arguments('VOLUME')}"]
        assert service["read_only"] is True


def test_a_refresh_builds_with_the_settings_of_the_image():
    (seeding,) = (value for _, value in IMAGE if "ghdirectory build" in value)
    command = seeding[seeding.index("ghdirectory build") :]
    refresh = SERVICES["refresh"]["command"][-1].replace("$$", "$")
    assert f"{command} --refresh" in refresh


def test_only_the_refresh_gets_the_token():
    names = [name for name, service in SERVICES.items() if "GITHUB_TOKEN" in str(service)]
    assert names == ["refresh"]
    assert SERVICES["refresh"]["environment"] == ["GITHUB_TOKEN"]


def test_the_health_check_is_for_the_server_only():
    disabled = {name: service.get("healthcheck") for name, service in SERVICES.items()}
    assert disabled == {"server": None, "refresh": {"disable": True}}


def test_sigterm_ends_the_shell_of_the_refresh():
    # Without an init process, the shell is the container's first process, and ignores the signal.
    assert SERVICES["refresh"]["command"][0] == "sh"
    assert SERVICES["refresh"]["init"] is True
