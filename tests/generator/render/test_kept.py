from generator.render.kept import FOLDER, kept


def test_what_was_made_once_is_not_made_again(tmp_path):
    made = []

    def make():
        made.append(1)
        return b"content"

    assert kept(tmp_path, "sheet.css-1", make) == kept(tmp_path, "sheet.css-1", make) == b"content"
    assert made == [1]


def test_what_was_made_from_something_else_goes(tmp_path):
    kept(tmp_path, "other-sheet.css-1", lambda: b"")
    kept(tmp_path, "sheet.css-1", lambda: b"old")
    assert kept(tmp_path, "sheet.css-2", lambda: b"new") == b"new"
    left = sorted(path.name for path in (tmp_path / FOLDER).iterdir())
    assert left == ["other-sheet.css-1", "sheet.css-2"]


def test_where_nothing_can_be_written_it_is_made_each_time(tmp_path):
    (tmp_path / FOLDER).touch()
    assert kept(tmp_path, "sheet.css-1", lambda: b"content") == b"content"
