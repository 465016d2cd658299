import pytest

from generator.errors import BuildError, PublishError
from generator.publish import Manifest, read_site
from generator.publish.manifest import Digests
from generator.site.folder import MARKER
from tests.small_site import BUILD, FILES, MANIFEST, RELEASE, SITE_ID

PAGE = Digests.of([b"o", b"ne"])


def change_build(folder, **changes):
    (folder / "build.json").write_bytes(BUILD._replace(**changes).to_json())


# ------------------------------------------------------------------------------ reading a site


def test_site_is_read_as_its_manifest(folder):
    assert read_site(folder) == MANIFEST
    assert read_site(folder).site_id == SITE_ID


@pytest.mark.parametrize("source", ["sample", "users, sample"])
def test_invented_accounts_need_allow_sample(folder, source):
    change_build(folder, source=source)
    with pytest.raises(PublishError, match="--allow-sample"):
        read_site(folder)
    assert read_site(folder, allow_sample=True).files.keys() == FILES.keys()


def test_source_with_sample_in_its_name_is_not_the_sample(folder):
    change_build(folder, source="file:sample.csv, org:sample")
    assert read_site(folder).release == RELEASE


def test_site_of_another_id_is_refused(folder):
    assert read_site(folder, SITE_ID).site_id == SITE_ID
    with pytest.raises(PublishError, match=f"has the id {SITE_ID}, not {RELEASE}"):
        read_site(folder, RELEASE)


@pytest.mark.parametrize(
    "release", ["", "..", "0123456789ABCDEF", f"{RELEASE}/../x", f"{RELEASE}\n"]
)
def test_invalid_release_is_refused(folder, release):
    change_build(folder, release=release)
    with pytest.raises(PublishError, match="is no release"):
        read_site(folder)


def test_incomplete_site_is_refused(folder):
    (folder / "users/2.html").unlink()
    with pytest.raises(PublishError, match=r"lacks users/2\.html"):
        read_site(folder)
    (folder / MARKER).touch()
    with pytest.raises(BuildError, match="interrupted"):
        read_site(folder)


# ------------------------------------------------------------------------------------- the JSON


def test_decoding_reverses_encoding():
    for manifest in (MANIFEST, Manifest(RELEASE, {})):
        assert Manifest.from_json(manifest.to_json()) == manifest


def test_order_of_files_does_not_change_the_json():
    first = Manifest(RELEASE, {"a": PAGE, "b": PAGE})
    second = Manifest(RELEASE, {"b": PAGE, "a": PAGE})
    assert first.to_json() == second.to_json()


INVALID_MANIFESTS = [
    pytest.param(b"", id="empty"),
    pytest.param(b"\xff", id="no UTF-8"),
    pytest.param(b"[]", id="an array"),
    pytest.param(b"{}", id="an empty object"),
    pytest.param(b"null", id="null"),
    pytest.param(b'{"release": "0123456789abcdef", "files": []}', id="files in an array"),
    pytest.param(b'{"release": "0123456789abcdef", "files": {"a": 1}}', id="a number as a file"),
    pytest.param(
        b'{"release": "0123456789abcdef", "files": {"a": {"size": 1, "md5": "x", "sha256": ""}}}',
        id="an MD5 that is not hexadecimal",
    ),
    pytest.param(b'{"release": "..", "files": {}}', id="a path as the release"),
    pytest.param(b'{"release": 1, "files": {}}', id="a number as the release"),
    pytest.param(b"[" * 100_000, id="too deep"),
]


@pytest.mark.parametrize("text", INVALID_MANIFESTS)
def test_invalid_manifest_raises_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        Manifest.from_json(text)
