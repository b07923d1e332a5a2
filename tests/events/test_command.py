"""A command for every event."""

import json
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from livesegment.errors import UsageError
from livesegment.events.command import MOST_OUTPUT, Command
from livesegment.events.hooks import HookError, Message
from tests.servers.patience import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands here are Unix's")

MESSAGE = Message(
    "end",
    "17.5-abcdef",
    "person>=1 for 2s",
    Path("/s/clips/event-0001.mkv"),
    Path("/s"),
    b'{"a":1}',
)


def run(text: str, *, timeout: float = 10.0, message: Message = MESSAGE) -> None:
    Command(text, "it", timeout=timeout).deliver(message, threading.Event())


def test_a_command_gets_the_event_on_its_standard_input(tmp_path: Path) -> None:
    run(f"sh -c 'cat > {tmp_path}/told'")
    assert json.loads((tmp_path / "told").read_text()) == {"a": 1}


def test_a_command_finds_the_event_in_its_environment(tmp_path: Path) -> None:
    run(f"sh -c 'env | grep ^LIVESEGMENT_EVENT_ | sort > {tmp_path}/told'")
    assert (tmp_path / "told").read_text().splitlines() == [
        "LIVESEGMENT_EVENT_CLIP=/s/clips/event-0001.mkv",
        "LIVESEGMENT_EVENT_CONDITION=person>=1 for 2s",
        "LIVESEGMENT_EVENT_ID=17.5-abcdef",
        "LIVESEGMENT_EVENT_SESSION=/s",
        "LIVESEGMENT_EVENT_TYPE=end",
    ]


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    run(f"touch '{tmp_path}/$HOME; echo'")
    assert [path.name for path in tmp_path.iterdir()] == ["$HOME; echo"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no command"),
        ("''", "names no command"),
        ("no-such-command-here -x", "--exec it: there is no such command"),
        ("echo 'a", "no closing quotation"),
        ("/etc/passwd", "may not be run"),
    ],
)
def test_a_command_that_is_not_there_is_refused_at_once(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Command(text, "it")


def test_a_command_that_fails_says_how_and_what() -> None:
    with pytest.raises(HookError, match=r"^exit status 3: out of paper$"):
        run("sh -c 'echo hm; echo out of paper >&2; exit 3'")
    with pytest.raises(HookError, match=r"^killed by signal 9$"):
        run("sh -c 'kill -9 $$'")


def test_a_command_that_cannot_be_run_after_all_says_so(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_bytes(b"\x7fELF no program")
    script.chmod(0o755)
    with pytest.raises(HookError, match="cannot be run"):
        run(str(script))


def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    with pytest.raises(HookError, match=r"did not end within 0\.5 s"):
        run(f"sh -c 'sleep 100 & echo $! > {tmp_path}/pid; wait'", timeout=0.5)
    left = int((tmp_path / "pid").read_text())
    until(lambda: not alive(left))


def test_a_command_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livesegment.events.command.GRACE", 0.1)
    with pytest.raises(HookError, match="did not end"):
        run("sh -c 'trap \"\" TERM; while :; do sleep 0.05; done'", timeout=0.3)


def test_a_command_is_ended_when_it_is_not_wanted_any_more() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(HookError, match="the run ended before it did"):
        Command("sleep 100", "it").deliver(MESSAGE, stop)


def test_a_command_that_says_much_is_read_to_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "livesegment")
    run("sh -c 'yes | head -c 3000000; echo done'")
    (told,) = (one.getMessage() for one in caplog.records)
    assert told.endswith("done")
    assert len(told) < MOST_OUTPUT + 100


def test_a_command_that_leaves_something_running_is_not_waited_for(tmp_path: Path) -> None:
    run(f"sh -c 'sleep 100 & echo $! > {tmp_path}/pid'", timeout=30)
    left = int((tmp_path / "pid").read_text())
    assert alive(left)
    os.kill(left, signal.SIGKILL)


def test_it_is_called_what_may_be_shown() -> None:
    assert Command("echo 'Bearer secret'", "echo").name == "--exec echo"


def test_a_command_gets_no_variable_that_may_be_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CAMERA_PASSWORD", "AWS_SECRET_ACCESS_KEY", "XDGX", "PATHS", "LIVESEGMENT_HOME"):
        monkeypatch.setenv(name, "geheim")
    monkeypatch.setenv("LC_TIME", "C")
    run(f"sh -c 'env > {tmp_path}/told'")
    told = (tmp_path / "told").read_text()
    assert "geheim" not in told
    assert {"PATH", "LC_TIME"} <= {line.partition("=")[0] for line in told.splitlines()}


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet taken note of does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}
