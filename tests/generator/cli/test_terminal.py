"""Programs run in a pseudo-terminal; the tests look at the bytes that they write."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from functools import cache
from pathlib import Path

import pytest

from generator.cli import terminal

ROOT = Path(__file__).parents[3]
PROGRAM = """
from generator.cli import terminal
terminal.BAR_INTERVAL = 0
terminal.time.sleep = lambda seconds: None
for label in ("Seeding", "Rendering"):
    with terminal.progress(label, 20_000, "pages") as advance:
        for done in (1, 10_000):
            advance(done)
        terminal.wait(60, "GitHub is busy")
        terminal.warn("look")
        advance(20_000)
    terminal.say(label + " done")
"""


@cache
def output(columns, program=PROGRAM, **environment):
    """Return what *program* writes to a terminal of so many columns."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=writer,
        stderr=writer,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8"} | environment,
    ):
        os.close(writer)
        output = b""
        while part := read(reader):
            output += part
    os.close(reader)
    return output.decode().replace("\r\n", "\n")


def read(descriptor):
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # EIO is how Linux reports the end
        return b""


def screen(text):
    """Return the lines that a terminal shows after it received *text*."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
        if part == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif part == "\r":
            column = 0
        elif part == "\x1b[1A":
            row -= 1
        elif part == "\x1b[2K":
            lines[row] = ""
        elif not part.startswith("\x1b"):
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + len(part) :]
            column += len(part)
    return [line.rstrip() for line in lines]


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_progress_is_removed_at_the_end_and_messages_stay(columns):
    lines = screen(output(columns))
    assert [re.sub(r"until .* UTC", "", line) for line in lines] == [
        *("Waiting   (1 min): GitHub is busy", "WARNING: look", "Seeding done"),
        *("Waiting   (1 min): GitHub is busy", "WARNING: look", "Rendering done"),
        "",
    ]


@pytest.mark.parametrize("columns", [20, 40, 59, 60, 80, 200])
def test_progress_is_one_line_that_fits_the_terminal(columns):
    plain = re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", output(columns))
    bars = [line for line in re.split("[\r\n]", plain) if re.match("(Seed|Render)ing +[━╸╺]", line)]
    assert len(bars) >= 6
    assert max(map(len, bars)) <= columns
    assert any(("10,000 of 20,000 pages" if columns >= 60 else " 50 %") in line for line in bars)


def test_no_color_is_respected():
    colour = r"\x1b\[[0-9;]*[39][0-9]m"
    assert re.search(colour, output(80))
    assert not re.search(colour, output(80, NO_COLOR="1"))


def test_a_dumb_terminal_gets_plain_lines():
    text = output(80, TERM="dumb")
    assert "\x1b" not in text
    assert "\r" not in text
    assert "Rendering done\n" in text


def test_progress_starts_no_thread():
    program = """
import threading
from generator.cli import terminal
with terminal.progress("Rendering", 10, "pages") as advance:
    advance(5)
    print("threads:", threading.active_count())
"""
    assert "threads: 1\n" in output(80, program)


def test_a_log_gets_a_line_at_intervals(capsys, monkeypatch):
    now = 0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with terminal.progress("Rendering", 20_000, "pages") as advance:
        for now in range(12):
            advance(now * 1000)
    assert capsys.readouterr().err == (
        "Rendering 5,000 of 20,000 pages\nRendering 10,000 of 20,000 pages\n"
    )


def test_a_long_label_in_a_log_is_followed_by_a_blank(capsys, monkeypatch):
    monkeypatch.setattr(terminal, "LOG_INTERVAL", 0)
    with terminal.progress("Counting terms", 100_000, "users") as advance:
        advance(53_571)
    assert capsys.readouterr().err == "Counting terms 53,571 of 100,000 users\n"


def test_forced_colours_do_not_make_a_log_a_terminal(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with terminal.progress("Rendering", 2, "pages") as advance:
        advance(1)
    assert capsys.readouterr().err == ""


def test_messages_in_a_log_are_plain_and_not_wrapped(capsys):
    terminal.error("[bold]/a/" + "long/" * 50 + "path :smile:")
    assert capsys.readouterr().err == "Error: [bold]/a/" + "long/" * 50 + "path :smile:\n"


def test_a_closed_standard_error_does_not_stop_the_command():
    read_end, write_end = os.pipe()
    os.close(read_end)
    program = "from generator.cli import terminal; terminal.message('x'); terminal.say('done')"
    result = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=write_end, cwd=ROOT
    )
    os.close(write_end)
    assert result.stdout == b"done\n"
