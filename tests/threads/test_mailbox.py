"""A mailbox is bounded, keeps order, counts what it forgets, and can be closed from both ends."""

import threading
import time
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from livesegment.threads.mailbox import Closed, Mailbox, WhenFull
from livesegment.threads.worker import Worker
from tests.fakes import CEILING

CAPACITY = 3


def _everything(mailbox: Mailbox[int]) -> list[int]:
    """What comes until the mailbox is closed."""
    arrived: list[int] = []
    try:
        while True:
            item = mailbox.get(CEILING)
            assert item is not None, "nothing came"
            arrived.append(item)
    except Closed:
        return arrived


class _Mailbox(RuleBasedStateMachine):
    """Against a model: a deque with a bound. Only calls that do not wait."""

    policy = WhenFull.DROP_OLDEST

    def __init__(self) -> None:
        super().__init__()
        self.mailbox: Mailbox[int] = Mailbox(CAPACITY, self.policy)
        self.model: deque[int] = deque()
        self.dropped = 0
        self.closed = False
        self.next = 0

    def _has_room(self) -> bool:
        return self.closed or self.policy is not WhenFull.WAIT or len(self.model) < CAPACITY

    @precondition(_has_room)
    @rule()
    def put(self) -> None:
        if self.closed:
            with pytest.raises(Closed):
                self.mailbox.put(self.next)
            return
        self.mailbox.put(self.next)
        self.model.append(self.next)
        self.next += 1
        if len(self.model) > CAPACITY:
            self.model.popleft()
            self.dropped += 1

    @rule()
    def get(self) -> None:
        if self.model:
            assert self.mailbox.get(0) == self.model.popleft()
        elif self.closed:
            with pytest.raises(Closed):
                self.mailbox.get(0)
        else:
            assert self.mailbox.get(0) is None

    @rule(discard=st.booleans())
    def close(self, discard: bool) -> None:
        self.mailbox.close(discard=discard)
        self.closed = True
        if discard:
            self.model.clear()

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        assert len(self.mailbox) == len(self.model) <= CAPACITY
        assert self.mailbox.dropped == self.dropped


class _WaitingMailbox(_Mailbox):
    policy = WhenFull.WAIT


TestDroppingMailbox = _Mailbox.TestCase
TestWaitingMailbox = _WaitingMailbox.TestCase


@given(count=st.integers(0, 300), capacity=st.integers(1, 5))
def test_every_item_arrives_in_order_where_the_writer_waits(count: int, capacity: int) -> None:
    mailbox: Mailbox[int] = Mailbox(capacity, WhenFull.WAIT)

    def write() -> None:
        for item in range(count):
            mailbox.put(item)
        mailbox.close()

    writer = Worker("writer", write)
    writer.start()
    arrived = _everything(mailbox)
    assert writer.stop(CEILING)
    assert arrived == list(range(count))
    assert mailbox.dropped == 0


@given(count=st.integers(0, 300), capacity=st.integers(1, 5))
def test_what_arrives_and_what_is_dropped_is_all_there_was(count: int, capacity: int) -> None:
    mailbox: Mailbox[int] = Mailbox(capacity, WhenFull.DROP_OLDEST)

    def write() -> None:
        for item in range(count):
            mailbox.put(item)
        mailbox.close()

    writer = Worker("writer", write)
    writer.start()
    arrived = _everything(mailbox)
    assert writer.stop(CEILING)
    assert arrived == sorted(set(arrived))
    assert len(arrived) + mailbox.dropped == count
    assert arrived[-1:] == ([count - 1] if count else [])


def _waits(worker: Worker, mailbox: Mailbox[int]) -> None:
    """Come back when the worker's thread waits at the mailbox."""
    until = time.monotonic() + CEILING
    while not mailbox._changed._waiters:  # type: ignore[attr-defined]
        assert worker.is_alive()
        assert time.monotonic() < until, "nobody waits"


def test_closing_wakes_a_blocked_reader() -> None:
    mailbox: Mailbox[int] = Mailbox(1, WhenFull.WAIT)
    reader = Worker("reader", lambda: void(mailbox.get()))
    reader.start()
    _waits(reader, mailbox)
    mailbox.close()
    assert reader.stop(CEILING)
    assert isinstance(reader.error, Closed)


def test_closing_wakes_a_blocked_writer() -> None:
    mailbox: Mailbox[int] = Mailbox(1, WhenFull.WAIT)
    mailbox.put(0)
    writer = Worker("writer", lambda: mailbox.put(1))
    writer.start()
    _waits(writer, mailbox)
    mailbox.close()
    assert writer.stop(CEILING)
    assert isinstance(writer.error, Closed)
    assert mailbox.get() == 0


def test_a_blocked_writer_goes_on_when_there_is_room() -> None:
    mailbox: Mailbox[int] = Mailbox(1, WhenFull.WAIT)
    mailbox.put(0)
    writer = Worker("writer", lambda: mailbox.put(1))
    writer.start()
    _waits(writer, mailbox)
    assert mailbox.get() == 0
    assert writer.stop(CEILING)
    assert writer.error is None
    assert mailbox.get() == 1


def test_a_blocked_reader_gets_what_comes() -> None:
    mailbox: Mailbox[int] = Mailbox(1, WhenFull.WAIT)
    got: list[int | None] = []
    reader = Worker("reader", lambda: got.append(mailbox.get()))
    reader.start()
    _waits(reader, mailbox)
    mailbox.put(7)
    assert reader.stop(CEILING)
    assert got == [7]


def test_a_writer_that_may_drop_never_waits() -> None:
    mailbox: Mailbox[int] = Mailbox(1, WhenFull.DROP_OLDEST)
    for item in range(3):
        mailbox.put(item)
    assert mailbox.get(0) == 2
    assert mailbox.dropped == 2


def test_get_comes_back_empty_handed_when_its_time_is_up() -> None:
    mailbox: Mailbox[int] = Mailbox(1, WhenFull.WAIT)
    started = time.monotonic()
    assert mailbox.get(0.05) is None
    assert 0.05 <= time.monotonic() - started < CEILING


def test_what_waits_can_still_be_read_after_closing() -> None:
    mailbox: Mailbox[int] = Mailbox(2, WhenFull.WAIT)
    mailbox.put(1)
    mailbox.put(2)
    mailbox.close()
    assert (mailbox.get(), mailbox.get()) == (1, 2)
    with pytest.raises(Closed):
        mailbox.get(CEILING)


def test_closing_with_discard_forgets_what_waits() -> None:
    mailbox: Mailbox[int] = Mailbox(2, WhenFull.WAIT)
    mailbox.put(1)
    mailbox.close(discard=True)
    with pytest.raises(Closed):
        mailbox.get(CEILING)


def test_a_mailbox_may_be_closed_twice() -> None:
    mailbox: Mailbox[int] = Mailbox(1, WhenFull.WAIT)
    mailbox.close()
    mailbox.close(discard=True)
    with pytest.raises(Closed):
        mailbox.put(1)


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_mailbox_holds_at_least_one(capacity: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Mailbox(capacity, WhenFull.WAIT)


def test_several_readers_share_what_comes() -> None:
    mailbox: Mailbox[int] = Mailbox(2, WhenFull.WAIT)
    got: list[int] = []
    lock = threading.Lock()

    def read() -> None:
        while True:
            item = mailbox.get()
            with lock:
                got.append(-1 if item is None else item)

    readers = [Worker(f"reader-{i}", read) for i in range(3)]
    for reader in readers:
        reader.start()
    for item in range(50):
        mailbox.put(item)
    mailbox.close()
    assert all(reader.stop(CEILING) for reader in readers)
    assert sorted(got) == list(range(50))


def void(value: object) -> None:
    """Make nothing of a value, for a body that must return none."""
    del value


def test_waiting_leaves_the_item_where_a_newer_one_can_take_its_place() -> None:
    mailbox: Mailbox[int] = Mailbox(1, WhenFull.DROP_OLDEST)
    mailbox.put(1)
    mailbox.wait()
    mailbox.put(2)
    assert mailbox.get(0) == 2


def test_waiting_ends_when_an_item_comes() -> None:
    mailbox: Mailbox[int] = Mailbox(CAPACITY, WhenFull.WAIT)
    worker = Worker("waits", mailbox.wait)
    worker.start()
    mailbox.put(1)
    assert worker.stop(CEILING)
    assert worker.error is None


def test_nobody_waits_for_what_will_not_come() -> None:
    mailbox: Mailbox[int] = Mailbox(CAPACITY, WhenFull.WAIT)
    worker = Worker("waits", mailbox.wait)
    worker.start()
    mailbox.close()
    assert worker.stop(CEILING)
    assert isinstance(worker.error, Closed)


def test_what_is_offered_is_taken_only_where_there_is_room() -> None:
    mailbox: Mailbox[int] = Mailbox(1, WhenFull.WAIT)
    assert mailbox.offer(1, 0)
    assert not mailbox.offer(2, 0.01)
    assert (mailbox.get(0), len(mailbox), mailbox.dropped) == (1, 0, 0)
    taken: list[bool] = []
    mailbox.put(3)
    worker = Worker("offers", lambda: taken.append(mailbox.offer(4, CEILING)))
    worker.start()
    assert [mailbox.get(CEILING), mailbox.get(CEILING)] == [3, 4]
    assert worker.stop(CEILING)
    assert taken == [True]
    mailbox.close()
    with pytest.raises(Closed):
        mailbox.offer(5, 0)
