import pytest

from generator.site import user_row
from generator.site.row import shown_address, web_address


@pytest.mark.parametrize(
    ("text", "followed"),
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
def test_only_web_addresses_are_followed(text, followed):
    assert web_address(text) == (text if followed else None)


def test_a_picture_may_be_drawn_in_the_address_itself():
    assert shown_address("data:image/svg+xml,%3Csvg/%3E") is not None
    assert shown_address("data:text/html,x") is None


@pytest.mark.parametrize(
    ("address", "dense"),
    [
        (
            "https://avatars.githubusercontent.com/in/29110?v=4",
            "https://avatars.githubusercontent.com/in/29110?v=4&s=80",
        ),
        (
            "https://avatars.githubusercontent.com/u/1",
            "https://avatars.githubusercontent.com/u/1?s=80",
        ),
        ("https://avatars.githubusercontent.com/u/1 2x, x", None),
        ("https://ghe.test/avatars/u/1?", None),
        ("data:image/svg+xml,%3Csvg/%3E", None),
        ("javascript:alert(1)", None),
    ],
)
def test_only_githubs_avatars_are_asked_for_in_a_size(address, dense):
    assert user_row(1, "x", "User", address, "").avatar_2x == dense
