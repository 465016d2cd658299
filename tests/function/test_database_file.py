import pytest

from function.database_file import bundled_name, find_database
from function.errors import DatabaseMismatch

RELEASE = "0123456789abcdef"


@pytest.fixture
def baked(tmp_path):
    path = tmp_path / "build/directory.db"
    path.parent.mkdir()
    path.touch()
    return path


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "bundle"
    (folder / "function").mkdir(parents=True)
    return folder


def test_a_named_database_comes_first_and_is_digested(bundle, baked):
    (bundle / bundled_name(RELEASE)).touch()
    path, release = find_database("other.db", bundle, baked)
    assert (str(path), release) == ("other.db", "")


def test_the_database_of_the_bundle_comes_next_with_the_release_in_its_name(bundle, baked):
    (bundle / bundled_name(RELEASE)).touch()
    assert find_database("", bundle, baked) == (bundle / f"directory-{RELEASE}.db", RELEASE)


@pytest.mark.parametrize(
    "name",
    [
        "directory.db",
        "directory-Release.db",
        f"directory-{RELEASE[:-1]}.db",
        f"directory-{RELEASE}0.db",
        f"directory-{RELEASE.upper()}.db",
        f"directory-{RELEASE}.db.part",
    ],
)
def test_the_baked_database_comes_last_and_is_digested(bundle, baked, name):
    (bundle / name).touch()
    assert find_database("", bundle, baked) == (baked, "")


def test_two_databases_in_a_bundle_are_an_error_that_names_both(bundle, baked):
    for release in (RELEASE, RELEASE[::-1]):
        (bundle / bundled_name(release)).touch()
    with pytest.raises(DatabaseMismatch, match=f"{RELEASE}.*{RELEASE[::-1]}.*remove all but one"):
        find_database("", bundle, baked)


def test_no_database_is_an_error_that_says_where_it_was_looked_for(bundle, tmp_path):
    missing = tmp_path / "build/directory.db"
    with pytest.raises(DatabaseMismatch, match="there is no database") as error:
        find_database("", bundle, missing)
    for part in (str(bundle), str(missing), "make build-site", "DIRECTORY_DB"):
        assert part in str(error.value)
