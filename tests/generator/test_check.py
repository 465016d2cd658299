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


def on_both_first_pages(change):
    """Apply *change* to index.html too, which has to be the same as the first page."""

    def apply(folder):
        for key in ("index.html", "users/1.html"):
            change(folder, key)

    return apply


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            on_both_first_pages(lambda f, key: replace(f, key, b"mojombo</bdi>", b"nobody</bdi>")),
            "users/1.html does not show user 1's username, 'mojombo'",
            id="username differs",
        ),
        pytest.param(
            on_both_first_pages(lambda f, key: replace(f, key, b'id="u44"', b'id="u45"')),
            "users/1.html shows the users 1, 45, 1024 ... .*the API's page 1 lists 1, 44, 1024",
            id="user differs",
        ),
        pytest.param(
            on_both_first_pages(
                lambda f, key: replace(f, key, b'"https://github.com/mojombo"', b'"https://e.test"')
            ),
            r"does not link to user 1's html_url, https://github\.com/mojombo",
            id="profile link differs",
        ),
        pytest.param(
            on_both_first_pages(lambda f, key: replace(f, key, b"/u/44?v=4", b"/u/45?v=4")),
            r"does not link to user 44's avatar_url",
            id="avatar differs",
        ),
        pytest.param(
            lambda f: [path.write_text("body{}") for path in f.glob("assets/site-*.css")],
            r"site-[0-9a-f]+\.css does not match the digest in its name",
            id="asset differs",
        ),
        pytest.param(
            lambda f: (f / "users/by-type/10/2.html").unlink(),
            r"by-type/10/2\.html cannot be read",
            id="page missing",
        ),
        pytest.param(
            lambda f: (f / "users/9.html").touch(),
            r"9\.html is not a page of this build",
            id="page too many",
        ),
        pytest.param(
            lambda f: [path.unlink() for path in f.glob("assets/site-*.css")],
            r"1\.html links to /assets/site-[0-9a-f]+\.css, which does not exist",
            id="asset missing",
        ),
        pytest.param(
            on_both_first_pages(lambda f, key: replace(f, key, b'href="/users/', b'href="/user/')),
            "which does not exist",
            id="broken link",
        ),
        pytest.param(
            lambda f: replace(f, "index.html", b"Users", b"Losers"),
            r"index\.html differs from the first page",
            id="home page differs",
        ),
        pytest.param(
            lambda f: (f / "404.html").unlink(), r"404\.html cannot be read", id="404 page missing"
        ),
        pytest.param(
            lambda f: replace(f, "build.json", b'"users": 22', b'"users": 21'),
            "number of users is 21, the directory's 22",
            id="number of users differs",
        ),
    ],
)
def test_error_names_the_file_and_the_difference(directory, folder, change, message):
    assert len(ODD) == 22
    change(folder)
    with pytest.raises(CheckFailed, match=message):
        check(directory, read_build(folder), folder, "/")


def test_site_of_another_directory_is_an_error(folder, tmp_path):
    other = make_directory(tmp_path, ODD[:5])
    with pytest.raises(CheckFailed, match=f"the directory's {other.release}; .* render"):
        check(other, read_build(folder), folder, "/")
    other.close()


def test_site_with_another_base_path_is_an_error(directory, folder):
    with pytest.raises(CheckFailed, match="which does not exist"):
        check(directory, read_build(folder), folder, "/elsewhere/")


def test_rendered_site_passes_and_progress_counts_every_page(directory, folder):
    checked = []
    build = read_build(folder)
    check(directory, build, folder, "/", checked.append)
    assert checked == list(range(1, build.total_pages() + 1))
