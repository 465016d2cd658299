"""The command `ghdirectory publish`, with moto's S3."""

import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from generator.cli.commands import main
from generator.publish import read_site
from generator.publish.manifest import MANIFEST_KEY
from generator.render import site as rendering
from tests.aws_environment import CREDENTIALS
from tests.generator.publish.moto_server import NAME, MotoServer, bucket_keys


@pytest.fixture(scope="module")
def site(directory, tmp_path_factory):
    folder = tmp_path_factory.mktemp("published") / "site"
    build = rendering.make_build(directory, (10, 25), ("id",), "none")
    rendering.render_site(directory, build, folder, jobs=1)
    return folder


@pytest.fixture
def manifest(site):
    return read_site(site)


@pytest.fixture
def publish(client, server, site, capsys):
    """Run `ghdirectory publish`, and return its exit status and output."""

    def publish(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as exited:
            main(["publish", *options(server, site), *arguments])
        out, err = capsys.readouterr()
        return int(exited.value.code), out + err

    return publish


def options(server: MotoServer, site: Path) -> list[str]:
    return ["--bucket", NAME, "--site", str(site), "--endpoint-url", server.address]


@contextmanager
def publishing_process(server: MotoServer, site: Path):
    """Run `ghdirectory publish` with four threads in its own process."""
    command = [
        *(sys.executable, "-m", "generator", "publish"),
        *(*options(server, site), "--concurrency", "4"),
    ]
    with subprocess.Popen(
        command,
        env=CREDENTIALS | {"PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Under nohup, the process would inherit that SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def expected_keys(manifest) -> set[str]:
    return {manifest.prefix + key for key in (*manifest.files, MANIFEST_KEY)}


def test_site_is_published_and_verified(publish, client, manifest):
    status, output = publish("--release", manifest.site_id)
    count = len(manifest.files)
    assert status == 0
    assert f"Planned  s3://bucket/{manifest.prefix}: {count} files to upload" in output
    assert f"Published {count} files as s3://bucket/{manifest.prefix}, each" in output
    assert bucket_keys(client) == expected_keys(manifest)
    assert publish("--verify") == (
        0,
        f"Verified {count} files of site {manifest.site_id}: all unchanged\n",
    )


def test_corrupted_object_is_found_and_replaced(publish, client, manifest, server):
    publish()
    key = manifest.prefix + "users/1.html"
    client.put_object(Bucket=NAME, Key=key, Body=b"corrupted")
    status, output = publish("--verify")
    assert (status, "1 file different (as users/1.html)" in output) == (1, True)
    server.puts.clear()
    status, output = publish()
    assert (status, "1 of them in place of other bytes" in output) == (0, True)
    assert server.puts == [key, manifest.prefix + MANIFEST_KEY]
    assert publish("--verify")[0] == 0


def test_dry_run_shows_the_plan_and_uploads_nothing(publish, client):
    status, output = publish("--dry-run")
    assert status == 0
    assert "upload   404.html\n" in output
    assert "upload   manifest.json\n" in output
    assert bucket_keys(client) == set()


def test_site_of_another_id_is_not_published(publish, client):
    status, output = publish("--release", "0" * 16)
    assert (status, f"not {'0' * 16}" in output) == (1, True)
    assert bucket_keys(client) == set()


def test_killed_upload_continues_with_the_missing_files(publish, client, site, manifest, server):
    with publishing_process(server, site) as process:
        server.before_put = lambda number: process.kill() if number == 10 else None
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    before = bucket_keys(client)
    assert len(before) >= 6  # of 9 uploads that began, 3 may be unfinished
    server.reset()
    assert publish()[0] == 0
    assert bucket_keys(client) == expected_keys(manifest)
    assert {*server.puts} <= expected_keys(manifest) - before


def test_ctrl_c_ends_an_upload_at_once(publish, client, site, manifest, server):
    with publishing_process(server, site) as process:
        released = Event()

        def interrupt(number: int) -> None:
            if number == 10:
                process.send_signal(signal.SIGINT)
            if number >= 10:  # these uploads get no answer
                released.wait(60)

        server.before_put = interrupt
        _, output = process.communicate(timeout=30)
        released.set()
    assert process.returncode == 130
    assert "Interrupted; run the same command again" in output
    server.reset()
    assert publish()[0] == 0
    assert bucket_keys(client) == expected_keys(manifest)
