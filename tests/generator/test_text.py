from datetime import UTC, datetime, timedelta

import pytest

from generator.text import count, counts, day, duration, number, percentage, rough_size, utc_time

NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.2, "1 s"),
        (60, "1 min"),
        (723, "12 min 3 s"),
        (3600, "1 h"),
        (90061, "25 h 1 min 1 s"),
    ],
)
def test_a_duration_has_hours_minutes_and_seconds(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        pytest.param(1, "00:30:00 UTC", id="in an hour"),
        pytest.param(24, "2026-11-25 23:30:00 UTC", id="in a day"),
        pytest.param(-1, "2026-11-24 22:30:00 UTC", id="an hour ago"),
    ],
)
def test_a_time_has_a_date_unless_it_is_within_a_day(hours, text):
    assert utc_time(NOW + timedelta(hours=hours), NOW) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 users"), (1, "1 user"), (2, "2 users"), (1000, "1,000 users")]
)
def test_a_count_has_a_noun_in_the_singular_or_plural(value, text):
    assert count(value, "user") == text


def test_counts_leave_out_what_is_0():
    assert counts({"new": 2, "gone": 0, "unchanged": 1000}) == "2 new, 1,000 unchanged"
    assert counts({"new": 0}) == ""


@pytest.mark.parametrize(
    ("size", "text"),
    [
        *((0, "under 10 kB"), (9_999, "under 10 kB"), (71_234, "70 kB"), (123_456, "120 kB")),
        *((994_999, "990 kB"), (999_999, "1.0 MB"), (12_345_678, "12 MB"), (10**9, "1.0 GB")),
    ],
)
def test_a_size_is_rounded(size, text):
    assert rough_size(size) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [
        *((0, "0 %"), (1, "< 1 %"), (2, "1 %"), (50, "25 %")),
        *((32, "16 %"), (33, "17 %"), (34, "17 %"), (199, "99 %"), (200, "100 %")),
    ],
)
def test_a_percentage_is_rounded_and_only_all_is_100(part, text):
    assert percentage(part, 200) == text


def test_a_number_has_separators():
    assert number(1234567) == "1,234,567"


def test_a_day_is_written_in_words():
    assert day("2026-01-09T23:59:59Z") == "9 January 2026"
