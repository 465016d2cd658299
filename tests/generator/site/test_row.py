import pytest

from generator.site import user_row
from generator.site.row import image_url, web_url


@pytest.mark.parametrize(
    ("text", "is_linked"),
    [
        ("https://github.com/apps/dependabot", True),
        ("http://ghe.test:8080/users/x?a=1#b", True),
        ("HTTPS://GITHUB.COM/X", True),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("//evil.test/x", False),
        ("/users/1", False),
        ("mailto:x@y.test", False),
        ("https:///x", False),
        ("http://[", False),
        (" https://x.test/y", False),
        ("", False),
    ],
)
def test_only_web_urls_are_linked(text, is_linked):
    assert web_url(text) == (text if is_linked else None)


def test_image_may_be_an_svg_in_a_data_url():
    assert image_url("data:image/svg+xml,%3Csvg/%3E") is not None
    assert image_url("data:text/html,x") is None


@pytest.mark.parametrize(
    ("avatar_url", "avatar_2x"),
    [
        (
            "https://avatars.githubusercontent.com/in/29110?v=4",
            "https://avatars.githubusercontent.com/in/29110?v=4&s=88",
        ),
        (
            "https://avatars.githubusercontent.com/u/1",
            "https://avatars.githubusercontent.com/u/1?s=88",
        ),
        ("https://avatars.githubusercontent.com/u/1 2x, x", None),
        ("https://ghe.test/avatars/u/1?", None),
        ("data:image/svg+xml,%3Csvg/%3E", None),
        ("javascript:alert(1)", None),
    ],
)
def test_only_avatars_on_github_are_resized(avatar_url, avatar_2x):
    assert user_row(1, "x", "User", avatar_url, "").avatar_2x == avatar_2x
