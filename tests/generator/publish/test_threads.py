import threading

import pytest

from generator.errors import PublishError
from generator.publish.threads import map_in_threads


@pytest.mark.parametrize("threads", [1, 3, 99])
def test_each_key_is_worked_on_once(threads):
    assert sorted(map_in_threads(str.upper, "abcdefgh", threads)) == [*"ABCDEFGH"]


def test_all_threads_run_at_the_same_time():
    barrier = threading.Barrier(4, timeout=10)  # broken unless four threads wait at once

    def work(key: str) -> int:
        barrier.wait()
        return threading.get_ident()

    assert len({*map_in_threads(work, "abcdefgh", 4)}) == 4


def test_exception_is_raised_and_no_further_call_begins():
    begun = []

    def work(key: str) -> None:
        begun.append(key)
        if key == "b":
            raise PublishError("no room")

    with pytest.raises(PublishError, match="no room"):
        list(map_in_threads(work, "abcdefgh", 1))
    assert begun == ["a", "b"]


def test_exception_does_not_wait_for_running_calls():
    never = threading.Event()

    def work(key: str) -> None:
        if key == "b":
            raise PublishError("no room")
        never.wait(60)

    with pytest.raises(PublishError, match="no room"):
        list(map_in_threads(work, "ab", 2))
    never.set()
