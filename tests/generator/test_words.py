from datetime import UTC, datetime, timedelta

import pytest

from generator.words import count, moment, span

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
