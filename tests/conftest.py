"""What holds for every test: no thread left behind, no ERROR logged, a home of its own."""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import settings

from livesegment.engines.runtimes import SILENCE
from livesegment.sources.addresses.secret import SECRETS

Thread: TypeAlias = threading.Thread  # noqa: TID251 -- looked at, not started

os.environ.update(SILENCE)  # some tests import a runtime themselves, to skip without it

GRACE = 2.0
"""Seconds that threads of a test may take to end after it."""

# Shared machines stall now and then; a deadline for each example would only fail at random.
settings.register_profile("livesegment", deadline=None, max_examples=80, print_blob=True)
settings.load_profile("livesegment")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Long forms of tests, each of which has a short one, run when they are asked for."""
    parser.addoption("--long", action="store_true", help="the long forms of tests too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms out, and say how many they were."""
    if config.getoption("--long"):
        return
    long = {item for item in items if item.get_closest_marker("long")}
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=list(long))


@pytest.fixture(scope="session", autouse=True)
def _signals_are_heeded() -> Iterator[None]:
    """What a shell's `&` or `nohup` starts ignores some signals, and so would its children."""
    heeded: dict[str, Any] = {"SIGINT": signal.default_int_handler, "SIGTERM": signal.SIG_DFL}
    heeded |= {"SIGHUP": signal.SIG_DFL} if hasattr(signal, "SIGHUP") else {}
    before = {name: signal.signal(getattr(signal, name), how) for name, how in heeded.items()}
    yield
    for name, how in before.items():
        signal.signal(getattr(signal, name), how)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's own is read or written."""
    monkeypatch.setenv("LIVESEGMENT_HOME", str(tmp_path))


@pytest.fixture(autouse=True)
def _secrets_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test hides may be a word of the next."""
    monkeypatch.setattr(SECRETS, "_patterns", set())
    monkeypatch.setattr(SECRETS, "_any", None)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    until = time.monotonic() + GRACE
    for thread in _new_threads(before):
        thread.join(max(0.0, until - time.monotonic()))
    if left := _new_threads(before):
        pytest.fail(f"threads left behind: {', '.join(thread.name for thread in left)}")


def _new_threads(before: set[Thread]) -> list[Thread]:
    """Threads that came since, less those that Python did not start and so cannot join."""
    foreign = threading._DummyThread
    now = threading.enumerate()
    return [thread for thread in now if thread not in before and not isinstance(thread, foreign)]


class _Errors(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _no_error_is_logged() -> Iterator[None]:
    errors = _Errors()
    logger = logging.getLogger("livesegment")
    logger.addHandler(errors)
    yield
    logger.removeHandler(errors)
    if errors.messages:
        pytest.fail("errors logged: " + "; ".join(errors.messages))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared test data: `$LIVESEGMENT_SHARED`, else `shared` beside the checkout."""
    beside = Path(__file__).parents[2] / "shared"
    folder = Path(os.environ.get("LIVESEGMENT_SHARED") or beside)
    if not folder.is_dir():
        pytest.skip(f"no shared test data in {folder}; LIVESEGMENT_SHARED says where it is")
    return folder
