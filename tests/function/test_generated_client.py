"""A client that a generator makes from the API's description, used against `ghdirectory serve`.

https://github.com/openapi-generators/openapi-python-client
"""

import re
import subprocess
import sys
from importlib import import_module

import httpx
import pytest

from generator.render import make_build, render_site
from tests.factories import ODD, make_directory
from tests.generator.cli.program import start

pytest.importorskip("openapi_python_client", reason="`make install` installs the generator")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """The address of a server with the users `ODD`."""
    folder = tmp_path_factory.mktemp("served")
    directory = make_directory(folder)
    render_site(directory, make_build(directory, (25,), ("id",), "none"), folder / "site")
    directory.close()
    options = ["--port=0", "--database=directory.db", "--site=site"]
    server = start(folder, "serve", *options)
    yield re.search(r"the API at (http://[^/]+)/api/", server.stdout.readline())[1]
    server.terminate()
    server.communicate()


@pytest.fixture(scope="module")
def package(api, tmp_path_factory):
    """The name of the generated package, which can be imported."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_bytes(httpx.get(f"{api}/api/openapi.json").content)
    (folder / "config.yaml").write_text("post_hooks: []\n")  # it need not be formatted
    options = "--path openapi.json --output-path directory_client --meta none --config config.yaml"
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    subprocess.run([*command, *options.split()], cwd=folder, check=True, capture_output=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield "directory_client"


@pytest.fixture(scope="module")
def list_profiles(api, package):
    """The generated function, which sends its requests to *api*."""
    operation = import_module(f"{package}.api.default.list_profiles")
    with import_module(package).Client(base_url=api) as client:
        yield lambda **parameters: operation.sync_detailed(client=client, **parameters)


def test_a_page_has_its_profiles(list_profiles):
    page = list_profiles(pagination=100).parsed
    fields = ("id", "username", "type_", "avatar_url", "html_url")
    profiles = [tuple(getattr(profile, name) for name in fields) for profile in page.profiles]
    assert profiles == [tuple(user) for user in sorted(ODD)]
    assert (page.page, page.pagination, page.total, page.pages) == (1, 100, len(ODD), 1)
    assert page.links.next_ is None


def test_filters_and_orders_are_parameters(list_profiles, package):
    order = import_module(f"{package}.models").ListProfilesOrderBy("-type")
    page = list_profiles(username="copperkettle", order_by=order, page=2, pagination=1).parsed
    assert [profile.username for profile in page.profiles] == ["CopperKettle"]
    assert (page.exact.id, page.links.prev) == (
        1025,
        "?page=1&pagination=1&order_by=-type&username=copperkettle",
    )


def test_a_refused_request_has_the_error(list_profiles):
    response = list_profiles(page=0)
    assert (response.status_code, response.parsed.parameter) == (400, "page")
