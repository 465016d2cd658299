import pytest

from generator.site import cache_control, content_type


@pytest.mark.parametrize(
    ("key", "type_", "cached"),
    [
        ("users/1.html", "text/html; charset=utf-8", "public, max-age=60"),
        ("robots.txt", "text/plain; charset=utf-8", "public, max-age=60"),
        ("build.json", "application/json", "public, max-age=60"),
        (
            "assets/site-0123.css",
            "text/css; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        ("assets/icon-01.svg", "image/svg+xml", "public, max-age=31536000, immutable"),
    ],
)
def test_every_kind_of_file_has_its_headers(key, type_, cached):
    assert (content_type(key), cache_control(key)) == (type_, cached)
