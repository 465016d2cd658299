import shutil

import pytest

from generator.check import check
from generator.errors import CheckFailed
from generator.render import site
from generator.site import read_build
from tests.factories import ODD, make_directory


@pytest.fixture(scope="module")
def rendered(directory, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered") / "site"
    site.render_site(
        directory, site.make_build(directory, (10, 25), ("id", "type")), folder, jobs=1
    )
    return folder


@pytest.fixture
def folder(rendered, tmp_path):
    return shutil.copytree(rendered, tmp_path / "site")


def replace(folder, key, old, new):
    text = (folder / key).read_bytes()
    assert old in text
    (folder / key).write_bytes(text.replace(old, new, 1))


def both_first(change):
    def apply(folder):
        for key in ("index.html", "users/1.html"):
            change(folder, key)

    return apply


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        pytest.param(
            both_first(lambda f, key: replace(f, key, b"mojombo</bdi>", b"nobody</bdi>")),
            "users/1.html does not show user 1's username, 'mojombo'",
            id="another name",
        ),
        pytest.param(
            both_first(lambda f, key: replace(f, key, b'data-id="44"', b'data-id="45"')),
            "users/1.html shows the users 1, 45, 1024 ... .*the API's page 1 lists 1, 44, 1024",
            id="another user",
        ),
        pytest.param(
            both_first(
                lambda f, key: replace(f, key, b'"https://github.com/mojombo"', b'"https://e.test"')
            ),
            r"does not lead to user 1's html_url, https://github\.com/mojombo",
            id="another address",
        ),
        pytest.param(
            both_first(lambda f, key: replace(f, key, b"/u/44?v=4", b"/u/45?v=4")),
            r"does not lead to user 44's avatar_url",
            id="another picture",
        ),
        pytest.param(
            lambda f: [path.write_text("body{}") for path in f.glob("assets/site-*.css")],
            r"site-[0-9a-f]+\.css is not what its name says",
            id="another stylesheet",
        ),
        pytest.param(
            lambda f: (f / "users/by-type/10/2.html").unlink(),
            r"by-type/10/2\.html cannot be read",
            id="a page too few",
        ),
        pytest.param(
            lambda f: (f / "users/9.html").touch(),
            r"9\.html is no page of this build",
            id="too many",
        ),
        pytest.param(
            lambda f: [path.unlink() for path in f.glob("assets/site-*.css")],
            r"1\.html links to /assets/site-[0-9a-f]+\.css, which is not there",
            id="an asset gone",
        ),
        pytest.param(
            both_first(lambda f, key: replace(f, key, b'href="/users/', b'href="/user/')),
            "which is not there",
            id="a link to nowhere",
        ),
        pytest.param(
            lambda f: replace(f, "index.html", b"Users", b"Losers"),
            r"index\.html is not the first page",
            id="another home page",
        ),
        pytest.param(lambda f: (f / "404.html").unlink(), r"404\.html cannot be read", id="no 404"),
        pytest.param(
            lambda f: replace(f, "build.json", b'"users": 22', b'"users": 21'),
            "number of users is 21, the directory's 22",
            id="another count",
        ),
    ],
)
def test_harm_is_noticed_and_named(directory, folder, harm, says):
    assert len(ODD) == 22
    harm(folder)
    with pytest.raises(CheckFailed, match=says):
        check(directory, read_build(folder), folder, "/")


def test_a_site_of_another_directory_is_noticed(folder, tmp_path):
    other = make_directory(tmp_path, ODD[:5])
    with pytest.raises(CheckFailed, match=f"the directory's {other.release}; .* render"):
        check(other, read_build(folder), folder, "/")
    other.close()


def test_a_site_rendered_for_another_place_is_noticed(directory, folder):
    with pytest.raises(CheckFailed, match="which is not there"):
        check(directory, read_build(folder), folder, "/elsewhere/")


def test_a_whole_site_passes_and_every_page_is_looked_at(directory, folder):
    told = []
    build = read_build(folder)
    check(directory, build, folder, "/", told.append)
    assert told == list(range(1, build.page_count() + 1))
