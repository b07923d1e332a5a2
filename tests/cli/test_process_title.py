"""The list of processes shows stars where a password was typed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from livesegment.cli import process_title

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel shows it elsewhere")

SHOW = """
import sys
from livesegment.cli import process_title
{before}
from livesegment.cli.declared import confidential
from livesegment.cli.options import RunOptions
process_title.hide_passwords(confidential(RunOptions))
sys.stdout.buffer.write(open("/proc/self/cmdline", "rb").read())
print("", *sys.argv[1:], sep="\\n")
"""


def shown(*arguments: str | bytes, before: str = "") -> tuple[list[bytes], list[bytes]]:
    """The arguments as the kernel shows them, and as the program has them."""
    child = subprocess.run(
        [sys.executable, "-c", SHOW.format(before=before), *arguments],
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    first, *rest = child.stdout.split(b"\n" + b"\n".join(map(os.fsencode, arguments)))
    return first[:-1].split(b"\0")[3:], rest


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("rtsp://root:a#b@c/?@10.0.0.7/p?x=1", "rtsp://************@10.0.0.7/p?x=1"),
        ("rtsp://root:with space@h/p", "rtsp://***************@h/p"),
        ("--source=rtsp://root:with space@h/p", "--source=rtsp://***************@h/p"),
        ("http://h/v?pwd=geheim&n=1", "http://h/v?pwd=******&n=1"),
        ("http://u:p@h/v?pwd=geheim", "http://******@h/v?pwd=***"),
        ("rtsp://u@h", "rtsp://*@h"),
        ("http://h/v?pwd=", "*" * 15),
        ("rtsp://\u00fc:\u2603@h", "rtsp://******@h"),
        ("rtsp://${U}:${PW}@h", "rtsp://**********@h"),
        ("--score=0.5", "--score=0.5"),
        ("", ""),
    ],
)
def test_passwords_are_overwritten_in_place(typed: str, left: str) -> None:
    arguments, rest = shown("run", typed, "--headless")
    assert arguments == [b"run", left.encode(), b"--headless"]
    assert rest == [b"\n"]


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        (["--webhook", "https://h.example/a/TOKEN"], ["--webhook", "https://h.example/*******"]),
        (["--webhook=https://u:p@h/TOKEN?x"], ["--webhook=https://*******@h/***"]),
        (["--webhook", "u:p@h/TOKEN"], ["--webhook", "*" * 11]),
        (["--exec", "notify-send event"], ["--exec", "notify-send event"]),
        (["--exec", "x --token abc -v"], ["--exec", "x --token '*' -v"]),
    ],
)
def test_values_that_are_secrets_in_part_are_overwritten(typed: list[str], left: list[str]) -> None:
    arguments, _ = shown(*typed)
    assert "TOKEN" not in str(arguments)
    assert arguments == [one.encode() for one in left]


def test_bytes_that_are_no_text_are_kept() -> None:
    arguments, _ = shown(b"\xff\xfe.mp4", b"rtsp://u:\xff\xfe@h")
    assert arguments == [b"\xff\xfe.mp4", b"rtsp://****@h"]


@pytest.mark.parametrize(
    "before",
    [
        "sys.orig_argv = sys.orig_argv[:-1]",
        "sys.platform = 'darwin'",
        "process_title._bounds = lambda stat: (0, 0)",
        "process_title._bounds = lambda stat: (4096, 8192)",
        "process_title._bounds = lambda stat: int('x')",
        "process_title.MOST_BYTES = 10",
    ],
)
def test_where_anything_is_odd_nothing_is_done(before: str) -> None:
    arguments, _ = shown("rtsp://u:p@h", before=before)
    assert arguments == [b"rtsp://u:p@h"]


def test_the_bounds_are_read_past_any_name_of_a_process() -> None:
    fields = " ".join(str(number) for number in range(3, 53))
    assert process_title._bounds(f"1 (a ) b (c) {fields}\n".encode()) == (48, 49)


def test_the_command_hides_them_before_it_does_anything(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from livesegment.cli import app\n"
        "app.app = lambda arguments: print(open('/proc/self/cmdline').read())\n"
        "app.main()\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", code, "run", "--source", "rtsp://u:gate-K33per@h/x"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "rtsp://*************@h/x" in child.stdout
    assert "gate-K33per" not in child.stdout
