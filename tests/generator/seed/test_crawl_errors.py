import os
import resource
import shutil
import signal
import sqlite3
from functools import partial

import httpx
import pytest

from generator.errors import RateLimitExceeded, Refused, SourceError, StoreError, Unreachable
from tests.fake_github import FakeReply
from tests.generator.seed.runs import CHANGED, MEMBERS, Run, first, github, members


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_after_an_error_the_next_run_continues(run, failing):
    broken = FakeReply(502, {}, b"<html>Bad Gateway")
    fake = github(fault=lambda request: broken if request >= failing else None)
    with pytest.raises(SourceError, match="502"):
        run(fake, 330)
    assert run.ids == first((failing - 1) * 100)
    fake.fault = lambda request: None
    run(fake, 330)
    assert run.ids == first(330)


def test_a_rate_limit_without_a_wait_leaves_the_users_read_so_far(run):
    fake = github(remaining=2)
    with pytest.raises(RateLimitExceeded, match="limit of 60 requests an hour is used up until"):
        run(fake, 330, max_wait=0)
    assert (run.ids, run.waits) == (first(200), [])
    run(fake, 330, token="good")
    assert run.ids == first(330)


def test_after_the_wait_for_a_rate_limit_the_reading_continues(run):
    fake = github(remaining=2)

    def renew(request):
        if request == 4:
            fake.remaining = 60

    fake.fault = renew
    run(fake, 330, max_wait=10**6)
    assert (run.ids, len(run.waits), len(fake.requests)) == (first(330), 1, 5)


def test_a_bad_token_is_an_error(run):
    with pytest.raises(SourceError, match=r"401 .*GITHUB_TOKEN .* is invalid"):
        run(github(), 330, token="bad")


def disconnected(after):
    def fault(request):
        if request > after:
            raise httpx.ConnectError("no route to host")

    return github(fault=fault)


def test_github_is_unreachable_only_if_it_was_not_reached_before(run):
    with pytest.raises(Unreachable):
        run(disconnected(after=0), 330, insist=False)
    assert run.waits == []
    with pytest.raises(SourceError, match="run the same command again to continue") as error:
        run(disconnected(after=1), 330, insist=False)
    assert not isinstance(error.value, Unreachable)
    assert run.ids == first(100)


def test_after_a_timeout_smaller_pages_are_requested_and_no_user_is_missed(run):
    slow = FakeReply(504, {}, b"")
    fake = github(fault=lambda request: slow if request in (1, 2, 4) else None)
    run(fake, 330)
    assert run.ids == first(330)
    sizes = [int(url.rpartition("per_page=")[2]) for url in fake.requests]
    assert sizes == [100, 50, 25, 25, 12, 12, 24, 48, 96, 100, 13]
    fake = github(fault=lambda request: slow if request in (2, 3, 5) else None)
    run(fake, 1000, "org:acme")
    assert run.ids == members(1000)
    assert [url.partition("?per_page=")[2] for url in fake.requests][1:9] == [
        *("100&page=2", "50&page=3", "25&page=5", "25&page=6", "5&page=26", "5&page=27"),
        *("9&page=16", "18&page=9"),
    ]


def test_a_missing_list_is_an_error_that_names_its_address(run):
    with pytest.raises(
        Refused, match=r"404 \(Not Found\) to https://api\.test/orgs/nobody/members"
    ):
        run(github(), 150, "org:nobody")


def limited_to(size, work):
    """Do *work* in a process that cannot write more than *size* bytes. Return its status."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        try:
            work()
        except SourceError:
            os._exit(2)
        except StoreError:
            os._exit(1)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_full_disk_loses_no_user(run):
    fake = github()
    assert limited_to(70_000, lambda: run(fake, 330)) == 1
    run(fake, 330)
    assert (run.ids, len(fake.requests)) == (first(330), 3)
    assert limited_to(10, lambda: Run(run.path.with_name("new.db"))(fake, 330)) == 1
    assert not run.path.with_name("new.db").exists()


def killed_at(statement, work):
    """Do *work* in a process that is killed when SQLite starts statement number *statement*.

    Return whether it was killed.
    """
    child = os.fork()
    if child == 0:
        connect, count = sqlite3.connect, 0

        def trace(sql):
            nonlocal count
            count += 1
            if count == statement:
                os.kill(os.getpid(), signal.SIGKILL)

        def traced(*arguments, **options):
            sql = connect(*arguments, **options)
            sql.set_trace_callback(trace)
            return sql

        sqlite3.connect = traced
        try:
            work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1] != 0


@pytest.mark.slow
@pytest.mark.parametrize("source", ["users", "org:acme"])
@pytest.mark.parametrize("refresh", [False, True])
def test_after_a_kill_at_any_statement_the_next_run_stores_the_same_users(
    tmp_path, source, refresh
):
    fake = github()
    Run(tmp_path / "before.db")(fake, 330, source)
    fake.users = CHANGED
    fake.lists["/orgs/acme/members"] = MEMBERS[20:] + MEMBERS[10:20]

    def seed(path):
        if refresh and not path.exists():
            shutil.copy(tmp_path / "before.db", path)
        run = Run(path)
        run(fake, 330, source, refresh=refresh)
        return run.names, run.stored

    expected = seed(tmp_path / "whole.db")
    statement = 1
    while killed_at(statement, partial(seed, path := tmp_path / f"{statement}.db")):
        assert seed(path) == expected, statement
        statement += 11
    assert statement > 100
