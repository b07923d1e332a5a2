"""The last seconds in memory."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from livesegment.events.ring import Reader, Ring, Shot
from tests.fakes import CEILING


def shot(clock: float, size: int = 10) -> Shot:
    return Shot(bytes(size), clock, (64, 48), 25.0)


def clocks(reader: Reader) -> list[float]:
    """All that can be read."""
    read = []
    while (taken := reader.take()) is not None:
        read.append(taken.clock)
    return read


def test_reading_begins_with_the_first_picture_at_or_after_a_time() -> None:
    ring = Ring(10)
    for second in range(8):
        ring.add(shot(second))
    assert clocks(ring.read(3)) == [3, 4, 5, 6, 7]
    assert clocks(ring.read(3.5)) == [4, 5, 6, 7]
    assert clocks(ring.read(-1)) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert clocks(ring.read(8)) == []


def test_what_nobody_reads_is_kept_for_its_time_only() -> None:
    ring = Ring(3)
    for second in range(100):
        ring.add(shot(second))
    assert ring.bytes == 40
    assert clocks(ring.read(0)) == [96, 97, 98, 99]
    assert ring.kept is None


def test_without_a_time_the_newest_is_kept() -> None:
    ring = Ring(0)
    for second in range(5):
        ring.add(shot(second))
    assert clocks(ring.read(0)) == [4]


def test_a_reader_that_is_late_finds_what_it_needs() -> None:
    ring = Ring(1)
    ring.add(shot(0))
    reader = ring.read(0)
    for second in range(1, 50):
        ring.add(shot(second))
    assert clocks(reader) == list(range(50))
    assert reader.missed == 0
    ring.add(shot(50))
    assert ring.bytes == 20


def test_two_readers_do_not_take_from_each_other() -> None:
    ring = Ring(1)
    ring.add(shot(0))
    one, other = ring.read(0), ring.read(0)
    ring.add(shot(1))
    assert clocks(one) == [0, 1]
    ring.add(shot(2))
    assert clocks(other) == [0, 1, 2]


def test_a_closed_reader_keeps_nothing() -> None:
    ring = Ring(1)
    ring.add(shot(0))
    reader = ring.read(0)
    reader.close()
    reader.close()
    for second in range(10):
        ring.add(shot(second))
    assert ring.bytes == 20


def test_a_pre_roll_that_memory_cuts_short_is_told() -> None:
    ring = Ring(10, limit=45)
    for second in range(20):
        ring.add(shot(second))
    assert ring.kept == 3
    assert clocks(ring.read(0)) == [16, 17, 18, 19]


def test_what_a_reader_misses_is_counted() -> None:
    ring = Ring(1, limit=45)
    ring.add(shot(0))
    reader = ring.read(0)
    for second in range(1, 10):
        ring.add(shot(second))
    assert clocks(reader) == [6, 7, 8, 9]
    assert reader.missed == 6


def test_a_picture_larger_than_the_limit_is_there_by_itself() -> None:
    ring = Ring(10, limit=45)
    ring.add(shot(0))
    ring.add(shot(1, size=1000))
    assert clocks(ring.read(0)) == [1]


def test_a_patient_ring_waits_for_its_readers() -> None:
    ring = Ring(1, limit=45, patient=True)
    ring.add(shot(0))
    reader = ring.read(0)
    with ThreadPoolExecutor(1) as pool:
        adding = pool.submit(lambda: list(map(ring.add, map(shot, range(1, 50)))))
        read: list[float] = []
        while len(read) < 50:
            read += clocks(reader)
        adding.result(CEILING)
    assert read == list(range(50))
    assert reader.missed == 0


def test_a_patient_ring_does_not_wait_for_a_reader_that_is_gone() -> None:
    ring = Ring(1, limit=45, patient=True)
    ring.add(shot(0))
    ring.read(0).close()
    for second in range(1, 50):
        ring.add(shot(second))
    assert ring.bytes <= 45


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=80), st.integers(20, 200))
def test_memory_is_bounded_whatever_is_read(steps: list[tuple[int, bool]], limit: int) -> None:
    ring = Ring(5, limit=limit)
    readers, total = [], 0
    for clock, (size, reads) in enumerate(steps):
        ring.add(shot(clock, size))
        total += 1
        assert ring.bytes <= max(limit, size)
        if reads:
            readers.append((ring.read(clock), clock))
    for reader, since in readers:
        assert len(clocks(reader)) + reader.missed == total - since
