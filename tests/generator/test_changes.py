import pytest

from generator.changes import Change, changes_file, read_changes, write_changes
from generator.errors import BuildError

CHANGES = (
    Change("2026-11-25T12:00:00Z", "renamed", 2, "bea", "Bëa-q"),
    Change("2026-11-24T12:00:00Z", "gone", 3, None, None),
)


def test_changes_are_read_as_they_were_written(tmp_path):
    path = changes_file(tmp_path / "directory.db")
    write_changes(path, CHANGES)
    assert read_changes(path) == CHANGES
    assert [path.name for path in tmp_path.iterdir()] == ["changes.json"]


def test_without_changes_there_is_no_file(tmp_path):
    path = tmp_path / "changes.json"
    write_changes(path, CHANGES)
    write_changes(path, [])
    assert not path.exists()
    assert read_changes(path) == ()


def test_a_draft_that_is_a_link_leads_to_no_other_file(tmp_path):
    letter = tmp_path / "letter"
    letter.write_text("mine")
    (tmp_path / "changes.json.part").symlink_to(letter)
    write_changes(tmp_path / "changes.json", CHANGES)
    assert letter.read_text() == "mine"


def test_an_error_names_the_file_that_cannot_be_written(tmp_path):
    (tmp_path / "changes.json/full").mkdir(parents=True)
    with pytest.raises(BuildError, match=r"cannot write the changes .*changes\.json: "):
        write_changes(tmp_path / "changes.json", CHANGES)
    assert not (tmp_path / "changes.json.part").exists()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff", id="not UTF-8"),
        pytest.param(b"1", id="no list"),
        pytest.param(b'[{"id": 1}]', id="no change"),
        pytest.param(b'[{"id": 1, "new member": 1}]', id="of a newer version"),
    ],
)
def test_an_error_says_how_to_write_a_damaged_file_again(tmp_path, content):
    (tmp_path / "changes.json").write_bytes(content)
    with pytest.raises(BuildError, match=r"changes\.json cannot be read: .*`ghdirectory bake`"):
        read_changes(tmp_path / "changes.json")
