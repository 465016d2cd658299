from urllib.parse import unquote
from xml.etree import ElementTree

from generator.seed.sample import PATH, identicon, read_sample

SAMPLE = [profile for _, profile in read_sample()]
NAMES = [profile.username for profile in SAMPLE]


def test_it_has_150_accounts_in_ascending_id():
    ids = [profile.id for profile in SAMPLE]
    assert len(ids) == 150
    assert ids == sorted(set(ids))


def test_it_has_unusual_names_and_all_types():
    assert {profile.type for profile in SAMPLE} == {"User", "Organization", "Bot", "Mannequin"}
    assert "-" in NAMES
    assert any(name.endswith("--") for name in NAMES)
    assert any(name.endswith("[bot]") for name in NAMES)
    assert max(map(len, NAMES)) == 39
    assert len({name.lower() for name in NAMES}) == 150  # as on GitHub, without case


def test_the_query_of_the_readme_has_a_second_page():
    assert sum("jo" in name.lower() for name in NAMES) > 10


def test_its_addresses_name_no_real_person_and_need_no_network():
    assert all(profile.html_url.startswith("https://example.com/") for profile in SAMPLE)
    assert all(profile.avatar_url.startswith("data:image/svg+xml,") for profile in SAMPLE)


def test_each_name_has_a_small_identicon_of_its_own():
    identicons = {profile.avatar_url for profile in SAMPLE}
    assert len(identicons) == 150
    for svg in identicons:
        assert len(svg) < 1000
        ElementTree.fromstring(unquote(svg.removeprefix("data:image/svg+xml,")))
    assert identicon("a") == identicon("a")


def test_the_file_is_small():
    assert PATH.stat().st_size < 40_000
