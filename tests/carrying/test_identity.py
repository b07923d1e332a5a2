"""Track ids: when they come, that they stay, and how well they do on a known scene."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.carrying.carried import CarriedCarrier
from livesegment.carrying.identity import best_first
from livesegment.carrying.quality import Quality
from livesegment.instances import Instances
from livesegment.sources.synthetic import Scene, Shape
from tests.carrying.films import FPS, disc, found, frame, iou, play, result, texture, whole

STILL = texture()
DISC = disc((200, 170), 60)


def ids(instances: Instances) -> list[int]:
    assert instances.track_ids is not None
    numbers: list[int] = instances.track_ids.tolist()
    return numbers


@dataclass
class Session:
    """A still scene, a result of every frame shown at the next."""

    carrier: CarriedCarrier = field(default_factory=lambda: CarriedCarrier(Quality.LO))
    index: int = 0

    def shows(self, instances: Instances) -> Instances:
        """What comes of a result."""
        self.carrier.advance(frame(STILL, self.index))
        self.carrier.correct(result(instances, frame(STILL, self.index)))
        self.index += 1
        return self.carrier.advance(frame(STILL, self.index))


def test_an_id_comes_with_the_second_result() -> None:
    session = Session()
    assert ids(session.shows(found([DISC]))) == [0]
    assert ids(session.shows(found([DISC]))) == [1]
    assert ids(session.shows(found([DISC]))) == [1]


def test_ids_are_never_used_again() -> None:
    session = Session()
    seen: list[int] = []
    places = [(100, 100), (360, 100), (100, 260), (360, 260)]
    for lap in range(8):
        for _ in range(2):
            shown = session.shows(found([disc(places[lap % 4], 30)]))
        seen += [i for i in ids(shown) if i]
        session.index += 90  # three seconds
        session.carrier.advance(frame(STILL, session.index))
    assert sorted(set(seen)) == list(range(1, 9))


def test_an_object_that_is_missed_for_a_moment_keeps_its_id() -> None:
    session = Session()
    for _ in range(3):
        session.shows(found([DISC]))
    session.shows(Instances.empty())
    assert ids(session.shows(found([DISC]))) == [1]


def test_an_object_back_after_a_second_keeps_its_id() -> None:
    session = Session()
    for _ in range(3):
        session.shows(found([DISC]))
    for _ in range(30):
        shown = session.shows(Instances.empty())
    assert not len(shown)
    assert ids(session.shows(found([disc((205, 172), 58)]))) == [1]


def test_the_class_is_voted_for() -> None:
    session = Session()
    called = [2, 2, 7, 2, 7, 2]
    shown = [session.shows(found([DISC], [class_id])) for class_id in called]
    assert [s.class_ids.tolist() for s in shown[1:]] == [[2]] * 5
    assert ids(shown[-1]) == [1]
    for _ in range(5):
        last = session.shows(found([DISC], [7]))
    assert last.class_ids.tolist() == [7]
    assert ids(last) == [1]


def test_small_and_fast_things_are_told_by_where_they_are() -> None:
    """Their masks do not meet from result to result, and their motion cannot be seen."""
    session = Session()
    for step in range(8):
        shown = session.shows(
            found([disc((100 + 5 * step, 100), 2), disc((300, 200 + 5 * step), 2)])
        )
    assert sorted(ids(shown)) == [1, 2]


def test_pairs_are_one_to_one_and_the_best_come_first() -> None:
    affinity = np.array([[0.6, 0.9, 0.0], [0.5, 0.8, 0.0]])
    assert best_first(affinity) == [(0, 1), (1, 0)]
    assert best_first(np.zeros((0, 3))) == []


CROSSING = (
    Shape(0, (36, 40, 222), 40, (40, 40), 1.0, (0.5, 0.5), (0.3, 0.0), (4.0, 5.0), 0.0),
    Shape(1, (48, 205, 52), 4, (50, 50), 1.0, (0.5, 0.5), (-0.3, 0.0), (4.0, 5.0), 0.2),
)


@pytest.mark.parametrize("latency", [2, 4])
def test_ids_survive_a_crossing(latency: int) -> None:
    scene = Scene(shapes=CROSSING)
    by_class: dict[int, set[int]] = {0: set(), 1: set()}
    film = play(
        CarriedCarrier(Quality.MID),
        lambda i: scene.picture(i / FPS + 1),
        lambda i: scene.truth(i / FPS + 1),
        150,
        latency,
    )
    for index, shown in film:
        if index > 3 * latency:
            for class_id, number in zip(shown.class_ids.tolist(), ids(shown), strict=True):
                by_class[class_id].add(number)
    assert by_class[0].isdisjoint(by_class[1] - {0})
    assert all(len(numbers - {0}) == 1 for numbers in by_class.values())


def idf1(pairs: list[tuple[Instances, Instances]], size: tuple[int, int]) -> float:
    """Identity F1 (Ristani et al., 2016): the best one-to-one naming of tracks by true objects.

    A hit is a mask with an overlap of at least a half. The assignment is greedy, which can only
    make it less.
    """
    hits: dict[tuple[int, int], int] = {}
    shown_total = true_total = 0
    for shown, truth in pairs:
        shown_total, true_total = shown_total + len(shown), true_total + len(truth)
        rows = [(i, full(truth, i, size)) for i in range(len(truth))]
        for i, number in enumerate(ids(shown)):
            mask = full(shown, i, size)
            for j, other in rows:
                if number and iou(mask, other) >= 0.5:
                    pair = number, ids(truth)[j]
                    hits[pair] = hits.get(pair, 0) + 1
    numbers = sorted({a for a, _ in hits}), sorted({b for _, b in hits})
    table = np.array([[hits.get((a, b), 0) for b in numbers[1]] for a in numbers[0]], float)
    right = sum(table[i, j] for i, j in best_first(table))
    return float(2 * right / (shown_total + true_total))


def full(instances: Instances, row: int, size: tuple[int, int]) -> NDArray[np.bool_]:
    return whole(instances.take(np.array([row])), size)


@pytest.mark.parametrize("frames", [200, pytest.param(600, marks=pytest.mark.long)])
def test_identities_on_the_synthetic_scene(frames: int) -> None:
    """Five shapes, a result every 5 frames, one object in seven missed each time."""
    scene = Scene()
    rng = np.random.default_rng(11)

    def detector(index: int) -> Instances:
        truth = scene.truth(index / FPS)
        return truth.take(rng.random(len(truth)) > 1 / 7)

    film = play(CarriedCarrier(Quality.MID), lambda i: scene.picture(i / FPS), detector, frames, 5)
    pairs = [(shown, scene.truth(i / FPS)) for i, shown in film if i > 10 and i % 2 == 0]
    score = idf1(pairs, scene.size)
    assert score > 0.95, score
