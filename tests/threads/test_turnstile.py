"""An order kept by threads."""

import threading

import pytest

from livesegment.threads.mailbox import Closed
from livesegment.threads.turnstile import Turnstile
from livesegment.threads.worker import Worker

CEILING = 10.0


def test_threads_pass_in_the_order_of_their_numbers() -> None:
    turnstile, passed = Turnstile(), list[int]()

    def body(number: int) -> None:
        with turnstile.turn(number):
            passed.append(number)

    numbers = sorted(range(20), key=lambda number: number * 7 % 20)
    workers = [Worker(str(n), lambda n=n: body(n)) for n in numbers]  # type: ignore[misc]
    for worker in workers:
        worker.start()
    assert all(worker.stop(CEILING) for worker in workers)
    assert passed == list(range(20))


def test_closing_sends_away_who_waits() -> None:
    turnstile, waiting = Turnstile(), threading.Event()

    def body() -> None:
        waiting.set()
        with turnstile.turn(1):
            pass

    worker = Worker("waits", body)
    worker.start()
    assert waiting.wait(CEILING)
    turnstile.close()
    assert worker.stop(CEILING)
    assert isinstance(worker.error, Closed)


def test_nobody_passes_what_is_closed() -> None:
    turnstile = Turnstile()
    turnstile.close()
    turnstile.close()
    with pytest.raises(Closed), turnstile.turn(0):
        pass


def test_a_failure_in_a_turn_lets_the_next_one_through() -> None:
    turnstile = Turnstile()
    with pytest.raises(ValueError, match="mine"), turnstile.turn(0):
        raise ValueError("mine")
    with turnstile.turn(1):
        pass
