"""What a search shows has contrast, and fits a narrow screen with text of twice the size."""

from urllib.parse import quote

import pytest

from tests.browser.search_page import API, expect, fail
from tests.browser.test_design import CONTRAST, SMALL_PHONE, overflow

pytestmark = pytest.mark.slow

LONGEST = "w" * 39
FAILING = fail(500, "{}")


@pytest.mark.parametrize(
    ("address", "fails"),
    [
        pytest.param("/?q=member&t=Organization", False, id="type"),
        pytest.param("/?q=44", False, id="exact"),
        pytest.param(f"/?q={LONGEST}&t={quote(LONGEST)}", False, id="nothing found"),
        pytest.param("/?q=member", True, id="failed"),
    ],
)
def test_text_of_twice_the_size_fits_a_narrow_screen(new_page, address, fails):
    page = new_page(viewport=SMALL_PHONE, is_mobile=True)
    if fails:
        page.route(API, FAILING)
    page.goto(address)
    expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert overflow(page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("address", "texts"),
    [
        ("/?q=44&t=Organization", ("h1", ".quiet", ".chip", ".users b", "[data-to=listing]")),
        ("/?q=member", (".users bdi", ".pages a", ".here", ".off", "[data-to=api]")),
        ("/?q=no+such+name", ("p .chip",)),
    ],
)
def test_all_texts_of_a_search_have_contrast(new_page, scheme, address, texts):
    page = new_page(color_scheme=scheme)
    page.goto(address)
    expect(page.locator("#results h1")).to_contain_text("found for")
    ratios = {text: page.locator(f"#results {text}").first.evaluate(CONTRAST) for text in texts}
    assert {text: ratio for text, ratio in ratios.items() if ratio < 4.5} == {}
