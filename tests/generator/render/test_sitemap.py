import re

from generator.render.sitemap import sitemaps
from generator.site import Build

BUILD = Build("", 100, (10, 25), ("id",), (), "users", "")  # 14 pages
BESIDE = ("about.html", "build.json")
BASE = "https://example.org/directory/"


def read_sitemaps(*arguments, **options):
    return [(key, "".join(lines)) for key, lines in sitemaps(*arguments, **options)]


def locations(text):
    return re.findall("<loc>(.*?)</loc>", text)


def test_few_pages_are_in_one_sitemap():
    ((key, text),) = read_sitemaps(BUILD, BASE, BESIDE)
    assert key == "sitemap.xml"
    urls = locations(text)
    assert urls[:3] == [BASE, f"{BASE}about.html", f"{BASE}users/by-id/10/1.html"]
    assert len(urls) == len(set(urls)) == 10 + 4 + 1


def test_many_pages_are_in_several_sitemaps_with_an_index():
    ((_, whole),) = read_sitemaps(BUILD, BASE, BESIDE)
    *parts, (key, index) = read_sitemaps(BUILD, BASE, BESIDE, max_urls=4)
    assert key == "sitemap.xml"
    assert locations(index) == [f"{BASE}{name}" for name, _ in parts]
    assert [len(locations(text)) for _, text in parts] == [4, 4, 4, 3]
    assert [url for _, text in parts for url in locations(text)] == locations(whole)


def test_a_sitemap_holds_as_many_addresses_as_it_may():
    assert len(read_sitemaps(BUILD, BASE, BESIDE, max_urls=15)) == 1
    assert len(read_sitemaps(BUILD, BASE, BESIDE, max_urls=14)) == 3
