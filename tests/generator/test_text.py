from datetime import UTC, datetime, timedelta

import pytest

from generator.text import count, day, file_size, moment, number, percentage, rough_size, span

NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.2, "1 s"),
        (60, "1 min"),
        (723, "12 min 3 s"),
        (3600, "1 h"),
        (90061, "25 h 1 min 1 s"),
    ],
)
def test_a_length_of_time_is_said_in_its_parts(seconds, said):
    assert span(seconds) == said


def test_a_moment_has_its_date_unless_it_is_near():
    assert moment(NOW + timedelta(hours=1), NOW) == "00:30:00 UTC"
    assert moment(NOW + timedelta(days=1), NOW) == "2026-11-25 23:30:00 UTC"
    assert moment(NOW - timedelta(hours=1), NOW) == "2026-11-24 22:30:00 UTC"


def test_one_is_no_several():
    assert (count(1, "user"), count(1000, "user"), count(0, "user")) == (
        *("1 user", "1,000 users"),
        "0 users",
    )


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (9_960, "10 kB"), (10**9, "1.0 GB")],
)
def test_sizes_are_written_for_people(size, said):
    assert file_size(size) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        *((0, "under 10 kB"), (9_999, "under 10 kB"), (71_234, "70 kB"), (123_456, "120 kB")),
        *((994_999, "990 kB"), (999_999, "1.0 MB"), (12_345_678, "12 MB"), (10**9, "1.0 GB")),
    ],
)
def test_sizes_on_pages_move_less(size, said):
    assert rough_size(size) == said


def test_shares_are_written_for_people():
    assert [percentage(1, 200), percentage(1, 100), percentage(100, 100)] == [
        "less than 1 %",
        "1 %",
        "100 %",
    ]


def test_numbers_and_days_are_written_for_people():
    assert (number(1234567), day("2026-01-09T23:59:59Z")) == ("1,234,567", "9 January 2026")
