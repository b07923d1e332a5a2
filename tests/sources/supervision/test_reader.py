"""The thread that reads one connection."""

import threading
from collections.abc import Generator
from functools import partial

import pytest

from livesegment.errors import SourceError
from livesegment.sources.base import SourceInfo
from livesegment.sources.supervision.health import Tally
from livesegment.sources.supervision.reader import MOST_STUCK, QUEUE, Reader, Readers
from livesegment.threads.mailbox import Closed
from tests.fakes import CEILING, SIZE
from tests.sources.lines import Clock, Line, Lines, eventually, shot


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lines() -> Generator[Lines]:
    laid = Lines()
    yield laid
    laid.release()


def _dropped(reader: Reader, count: int) -> bool:
    return reader.frames.dropped == count


def _started(line: Line, clock: Clock) -> Reader:
    reader = Reader("cam", lambda: line, clock)
    reader.start()
    return reader


def test_it_opens_reads_and_closes_in_its_own_thread(clock: Clock) -> None:
    line = Line()
    reader = _started(line, clock)
    assert reader.opened.wait(CEILING)
    assert reader.info == SourceInfo(SIZE, 25.0, description="line of 25.0")
    clock.advance(3)
    line.give(shot(0))
    arrival = reader.frames.get(CEILING)
    assert arrival is not None
    assert (arrival.frame.index, arrival.at) == (0, 103.0)
    assert reader.stop(CEILING)
    assert line.opened_in == line.closed_in == ["livesegment-reader-cam"]


def test_an_error_is_kept_and_known_before_the_connection_is_closed(clock: Clock) -> None:
    closing = threading.Event()

    class Slow(Line):
        def close(self) -> None:
            closing.wait(CEILING)
            super().close()

    line = Slow()
    reader = _started(line, clock)
    line.give(shot(0), SourceError("gone"))
    assert reader.frames.get(CEILING) is not None
    with pytest.raises(Closed):
        reader.frames.get(CEILING)
    assert str(reader.error) == "gone"
    assert reader.runs
    closing.set()
    eventually(lambda: not reader.runs)


def test_what_cannot_be_opened_is_closed_all_the_same(clock: Clock) -> None:
    line = Line(fails=SourceError("refused"))
    reader = _started(line, clock)
    assert reader.opened.wait(CEILING)
    eventually(lambda: not reader.runs)
    assert str(reader.error) == "refused"
    assert reader.info is None
    assert line.closed_in


def test_a_connection_that_cannot_be_made_is_an_error(clock: Clock) -> None:
    def connect() -> Line:
        raise SourceError("no such camera")

    reader = Reader("cam", connect, clock)
    reader.start()
    assert reader.opened.wait(CEILING)
    assert str(reader.error) == "no such camera"


def test_a_natural_end_is_no_error(clock: Clock) -> None:
    line = Line()
    reader = _started(line, clock)
    line.end()
    with pytest.raises(Closed):
        reader.frames.get(CEILING)
    assert reader.error is None


def test_the_usual_gap_is_the_one_that_is_stated_until_there_were_some(clock: Clock) -> None:
    line = Line(fps=20)
    reader = _started(line, clock)
    assert reader.opened.wait(CEILING)
    assert reader.usual_gap == pytest.approx(0.05)
    for i, gap in enumerate((0.0, 2.0, 2.1, 2.2)):
        clock.advance(gap)
        line.give(shot(i))
        assert reader.frames.get(CEILING) is not None
    assert reader.usual_gap == pytest.approx(2.1)
    reader.stop(CEILING)


def test_a_stall_does_not_change_the_usual_gap(clock: Clock) -> None:
    line = Line(fps=None)
    reader = _started(line, clock)
    assert reader.opened.wait(CEILING)
    assert reader.usual_gap == 0
    for i in range(40):
        clock.advance(60 if i == 30 else 0.5)
        line.give(shot(i))
        assert reader.frames.get(CEILING) is not None
    assert reader.usual_gap == pytest.approx(0.5)
    reader.stop(CEILING)


def test_told_before_it_began_it_opens_nothing(clock: Clock) -> None:
    line = Line()
    reader = Reader("cam", lambda: line, clock)
    reader.tell()
    reader.start()
    assert reader.stop(CEILING)
    assert not line.opened_in


def test_readers_count_who_hangs_and_begin_no_more_than_a_few(clock: Clock) -> None:
    tally = Tally()
    lines = Lines(*(Line(deaf=True, hangs=True) for _ in range(MOST_STUCK)))
    readers = Readers("cam", lines, clock, tally)
    for count in range(MOST_STUCK):
        assert readers.start() is not None
        lines.reach(count + 1)
        readers.dismiss()
    assert readers.start() is None
    assert readers.stuck == tally.abandoned == MOST_STUCK
    lines.made[0].release()
    eventually(lambda: readers.start() is not None)
    assert tally.abandoned == MOST_STUCK
    readers.close(CEILING)
    lines.release()


def test_overrun_frames_are_counted_over_all_readers(clock: Clock, lines: Lines) -> None:
    tally = Tally()
    readers = Readers("cam", lines, clock, tally)
    for _ in range(2):
        reader = readers.start()
        assert reader is not None
        assert reader.opened.wait(CEILING)
        lines.made[-1].give(*(shot(i) for i in range(QUEUE + 3)))
        eventually(partial(_dropped, reader, 3))
        readers.dismiss()
    assert tally.overrun == 6
    readers.close(CEILING)


def test_frames_that_connections_pass_over_as_late_are_counted(clock: Clock) -> None:
    tally = Tally()
    lines = Lines(Line(skips=3), Line(skips=4))
    readers = Readers("cam", lines, clock, tally)
    for _ in range(2):
        reader = readers.start()
        assert reader is not None
        assert reader.opened.wait(CEILING)
        readers.count()
        readers.dismiss()
    readers.count()
    assert tally.late == 7
    readers.close(CEILING)


def test_nothing_is_read_by_who_begins_after_an_interrupt(clock: Clock, lines: Lines) -> None:
    readers = Readers("cam", lines, clock, Tally())
    readers.interrupt()
    reader = readers.start()
    assert reader is not None
    with pytest.raises(Closed):
        reader.frames.get(0)
    readers.close(CEILING)
