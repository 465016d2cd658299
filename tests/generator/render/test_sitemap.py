import re

from generator.render.sitemap import sitemaps
from generator.site import Build

BUILD = Build("", 100, (10, 25), ("id",), (), "users", "")  # 14 pages
BASE = "https://example.org/directory/"


def drawn(*arguments, **options):
    return [(key, "".join(lines)) for key, lines in sitemaps(*arguments, **options)]


def locations(text):
    return re.findall("<loc>(.*?)</loc>", text)


def test_few_pages_are_one_map():
    ((key, text),) = drawn(BUILD, BASE)
    assert key == "sitemap.xml"
    found = locations(text)
    assert found[:3] == [BASE, f"{BASE}about.html", f"{BASE}users/by-id/10/1.html"]
    assert len(found) == len(set(found)) == 10 + 4 + 1


def test_many_pages_are_several_maps_and_a_map_of_these():
    ((_, whole),) = drawn(BUILD, BASE)
    *parts, (key, index) = drawn(BUILD, BASE, most=4)
    assert key == "sitemap.xml"
    assert locations(index) == [f"{BASE}{name}" for name, _ in parts]
    assert [len(locations(text)) for _, text in parts] == [4, 4, 4, 3]
    assert [place for _, text in parts for place in locations(text)] == locations(whole)


def test_as_many_as_one_may_have_are_one():
    assert len(drawn(BUILD, BASE, most=15)) == 1
    assert len(drawn(BUILD, BASE, most=14)) == 3
