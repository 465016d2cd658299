import pytest

from generator.site import cache_control, content_type

PAGE = "public, max-age=60, s-maxage=31536000"
ASSET = "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("key", "type_", "caching"),
    [
        ("users/1.html", "text/html; charset=utf-8", PAGE),
        ("robots.txt", "text/plain; charset=utf-8", PAGE),
        ("changes.xml", "application/atom+xml", PAGE),
        ("sitemap.xml", "application/xml", PAGE),
        ("build.json", "application/json", PAGE),
        ("assets/site-0123.css", "text/css; charset=utf-8", ASSET),
        ("assets/icon-01.svg", "image/svg+xml", ASSET),
    ],
)
def test_content_type_and_cache_control_follow_from_the_key(key, type_, caching):
    assert (content_type(key), cache_control(key)) == (type_, caching)
