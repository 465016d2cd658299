from urllib.parse import unquote
from xml.etree import ElementTree

from generator.seed.sample import PATH, identicon, read_sample

SAMPLE = list(read_sample())
NAMES = [profile.username for profile in SAMPLE]


def test_it_has_150_accounts_in_ascending_id():
    ids = [profile.id for profile in SAMPLE]
    assert len(ids) == 150
    assert ids == sorted(set(ids))


def test_it_has_the_odd_cases_in_it():
    assert {profile.type for profile in SAMPLE} == {"User", "Organization", "Bot", "Mannequin"}
    assert "-" in NAMES
    assert any(name.endswith("--") for name in NAMES)
    assert any(name.endswith("[bot]") for name in NAMES)
    assert max(map(len, NAMES)) == 39
    assert len({name.lower() for name in NAMES}) == len(set(NAMES)) - 1
    assert len(set(NAMES)) == 150


def test_the_readmes_query_has_a_second_page():
    assert sum("jo" in name.lower() for name in NAMES) > 10


def test_it_leads_to_no_real_person_and_needs_no_network():
    assert all(profile.html_url.startswith("https://example.com/") for profile in SAMPLE)
    assert all(profile.avatar_url.startswith("data:image/svg+xml,") for profile in SAMPLE)


def test_every_name_has_a_small_picture_of_its_own():
    pictures = {profile.avatar_url for profile in SAMPLE}
    assert len(pictures) == 150
    for picture in pictures:
        assert len(picture) < 1000
        ElementTree.fromstring(unquote(picture.removeprefix("data:image/svg+xml,")))
    assert identicon("a") == identicon("a")


def test_the_file_is_small():
    assert PATH.stat().st_size < 40_000
