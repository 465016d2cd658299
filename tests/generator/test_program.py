import pytest

from generator import program


@pytest.mark.parametrize(
    "path", ["function/query.py", "site_templates/static/site.css", "generator/seed/sample.csv"]
)
def test_digest_changes_with_code_template_and_sample(path, tmp_path, monkeypatch):
    monkeypatch.setattr(program, "_ROOT", tmp_path)
    (tmp_path / path).parent.mkdir(parents=True)
    digests = set()
    for content in ("one", "two", "three"):
        (tmp_path / path).write_text(content)
        digests.add(program.program_digest())
    assert len(digests) == 3


def test_compiled_code_is_not_in_the_digest(tmp_path, monkeypatch):
    monkeypatch.setattr(program, "_ROOT", tmp_path)
    before = program.program_digest()
    (tmp_path / "generator/__pycache__").mkdir(parents=True)
    (tmp_path / "generator/__pycache__/check.cpython-311.pyc").touch()
    assert program.program_digest() == before
