import pytest

from generator.site import Listing
from generator.site.listing import parse_key

CASES = [
    (Listing(), "users/3.html"),
    (Listing("id", 10), "users/by-id/10/3.html"),
    (Listing("type", 25), "users/by-type/25/3.html"),
    (Listing("type", 100), "users/by-type/100/3.html"),
    (Listing("-id", 25), "users/by-id-desc/25/3.html"),
    (Listing("id", 25, "bot"), "users/type-bot/by-id/25/3.html"),
    (Listing("-id", 10, "bot"), "users/type-bot/by-id-desc/10/3.html"),
]


@pytest.mark.parametrize(("listing", "key"), CASES)
def test_pages_have_the_documented_keys(listing, key):
    assert listing.key(3) == key
    assert parse_key(key) == (listing, 3)


@pytest.mark.parametrize(
    "key",
    [
        *("index.html", "users/0.html", "users/01.html", "users/1.htm", "users/1.html.part"),
        *("users/by-/10/1.html", "users/by-id/010/1.html", "users/type-bot/1.html"),
        pytest.param("users/by-id/25/1.html", id="the default listing's other name"),
        pytest.param("users/by-id-descending/10/1.html", id="text after an order"),
    ],
)
def test_other_keys_are_no_page(key):
    assert parse_key(key) is None
