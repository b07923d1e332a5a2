"""No password comes out of the log, or out of a breakdown."""

import io
import logging
import subprocess
import sys

import pytest

from livesegment.cli.redaction import Redaction
from livesegment.sources.addresses.secret import SECRETS

URL = "rtsp://admin:gate-K33per@10.0.0.7/live"
SAFE = "rtsp://***@10.0.0.7/live"


@pytest.fixture
def log() -> tuple[logging.Logger, io.StringIO]:
    """A logger, and what comes out of it."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(Redaction())
    logger = logging.getLogger("tests.redaction")
    logger.propagate = False
    logger.handlers[:] = [handler]
    return logger, out


def test_messages_and_their_arguments_are_redacted(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, out = log
    logger.warning("tried %s %d times: %r", URL, 3, {"url": URL})
    logger.warning(f"lost {URL}")  # noqa: G004 -- as others may
    assert out.getvalue() == f"tried {SAFE} 3 times: {{'url': '{SAFE}'}}\nlost {SAFE}\n"


def test_a_known_password_is_redacted_anywhere(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, out = log
    SECRETS.add("gate-K33per", "admin")
    logger.warning("Authorization: %s, not gate-K33per", "Basic YWRtaW46Z2F0ZS1LMzNwZXI=")
    assert out.getvalue() == "Authorization: Basic ***=, not ***\n"


def test_errors_and_stacks_are_redacted(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, out = log
    try:
        int(URL)
    except ValueError:
        logger.warning("broken", exc_info=True, stack_info=True)
    assert f"with base 10: '{SAFE}'" in out.getvalue()
    assert "Stack (most recent call last)" in out.getvalue()
    assert "gate-K33per" not in out.getvalue()


def test_arguments_that_do_not_fit_are_shown_redacted(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, out = log
    logger.warning("%d", URL)
    assert out.getvalue() == f"%d ('{SAFE}',)\n"


BREAKS = """
import sys
from livesegment.cli import app, run
from livesegment.threads.worker import Worker
{more}
def broken(*_, **__):
    url = sys.argv[-1]
    raise RuntimeError(f"bug with {{url}}")
app.app.command("break")(lambda url: broken())
app.main()
"""


@pytest.mark.parametrize("more", ["", "import os; os.environ['LIVESEGMENT_DEBUG'] = '1'"])
def test_a_bug_keeps_its_traceback_and_no_password(more: str) -> None:
    child = subprocess.run(
        [sys.executable, "-c", BREAKS.format(more=more), "break", URL],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert child.returncode == 1
    assert f"RuntimeError: bug with {SAFE}" in child.stderr
    assert "Traceback" in child.stderr
    assert "gate-K33per" not in child.stderr + child.stdout


THREAD = """
import sys, threading
from livesegment.cli.redaction import watch_breakdowns
watch_breakdowns()
def broken():
    raise RuntimeError(sys.argv[1])
class Gone:
    def __del__(self):
        broken()
thread = threading.Thread(target=broken)
thread.start()
thread.join()
Gone()
"""


def test_threads_and_finalisers_break_down_without_a_password() -> None:
    child = subprocess.run(
        [sys.executable, "-c", THREAD, URL],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert child.stderr.count(f"RuntimeError: {SAFE}") == 2
    assert "gate-K33per" not in child.stderr
