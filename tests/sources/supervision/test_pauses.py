"""How long to wait between tries."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.sources.supervision.pauses import JITTER, Pauses

USUAL = (0.5, 1.0, 2.0, 5.0, 10.0)
seconds = st.floats(0.01, 1000)


def _pauses(usual: tuple[float, ...] = USUAL, slow: float = 30.0, seed: int = 1) -> Pauses:
    return Pauses(usual, slow, random.Random(seed))  # noqa: S311


def _near(pause: float, usual: float) -> bool:
    return usual * (1 - JITTER) <= pause <= usual * (1 + JITTER)


@given(st.lists(seconds, min_size=1, max_size=6).map(tuple), st.integers(0, 2**32))
def test_pauses_come_in_their_order_and_the_last_one_again_and_again(
    usual: tuple[float, ...], seed: int
) -> None:
    pauses = _pauses(usual, seed=seed)
    for expected in (*usual, usual[-1], usual[-1]):
        assert _near(pauses.next(), expected)


@given(st.integers(0, 20), seconds)
def test_a_slow_pause_changes_nothing_of_the_others(tries: int, slow: float) -> None:
    pauses, others = _pauses(slow=slow), _pauses()
    for _ in range(tries):
        pauses.next()
        others.next()
    assert _near(pauses.slow(), slow)
    assert _near(pauses.next(), USUAL[min(tries, len(USUAL) - 1)])


@given(st.integers(0, 20))
def test_after_a_reset_they_begin_anew(tries: int) -> None:
    pauses = _pauses()
    for _ in range(tries):
        pauses.next()
    pauses.reset()
    assert _near(pauses.next(), USUAL[0])


def test_two_sources_do_not_come_back_together() -> None:
    assert _pauses(seed=1).next() != _pauses(seed=2).next()


def test_there_must_be_a_pause() -> None:
    with pytest.raises(ValueError, match="pause"):
        _pauses(())
