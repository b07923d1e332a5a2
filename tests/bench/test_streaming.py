"""Films on a made-up clock: what is seen when, and how it is scored."""

from dataclasses import dataclass, field
from itertools import count, islice
from typing import TypeAlias

import numpy as np
import pytest

from livesegment.bench.scores import painted
from livesegment.bench.streaming import (
    NO_DELAY,
    NewCarrier,
    Sample,
    Score,
    Select,
    mean,
    play,
    timetable,
)
from livesegment.carrying.carried import CarriedCarrier
from livesegment.carrying.hold import HoldCarrier
from livesegment.carrying.quality import Quality
from livesegment.frame import Frame
from livesegment.instances import Instances, Segmentation
from livesegment.sources.synthetic import Scene
from tests.fakes import FakeSegmenter, frame, instances

Carriers: TypeAlias = dict[str, NewCarrier]

FPS = 30.0
SCENE = Scene((320, 180))


def table(latency: float, frames: int, fps: float = FPS) -> list[tuple[int | None, int | None]]:
    """Finished and taken, for each frame."""
    return [(t.finished, t.taken) for t in islice(timetable(fps, latency), frames)]


def happened(ticks: list[tuple[int | None, int | None]]) -> dict[int, tuple[int | None, int]]:
    """Only the frames before which something did."""
    return {i: (done, begun) for i, (done, begun) in enumerate(ticks) if begun is not None}


@pytest.mark.parametrize(
    ("latency", "expected"),
    [
        # 7.5 frames: free between frames 7 and 8 it takes 7, the newest then; it is free again at
        # frame 15 itself, whose picture is there.
        (0.25, {0: (None, 0), 8: (0, 7), 15: (7, 15), 23: (15, 22), 30: (22, 30)}),
        # 3.99 frames: just before each fourth one.
        (0.133, {0: (None, 0), 4: (0, 3), 8: (3, 7), 12: (7, 11), 16: (11, 15), 20: (15, 19)}),
        # 3 frames, exactly.
        (0.1, {0: (None, 0), 3: (0, 3), 6: (3, 6), 9: (6, 9), 12: (9, 12)}),
        # 2.1 frames: the extra tenths add up until it is free after one more frame.
        (
            0.07,
            {0: (None, 0), 3: (0, 2), 5: (2, 4), 7: (4, 6), 9: (6, 8), 11: (8, 10)}
            | {13: (10, 12), 15: (12, 14), 17: (14, 16), 19: (16, 18), 21: (18, 21)},
        ),
    ],
)
def test_what_the_worker_does_when(
    latency: float, expected: dict[int, tuple[int | None, int]]
) -> None:
    """Worked out by hand."""
    assert happened(table(latency, max(expected) + 1)) == expected


@pytest.mark.parametrize("latency", [0.001, 0.01, 0.033, 1 / 30])
def test_a_fast_worker_takes_every_frame_once(latency: float) -> None:
    """It waits for the next one; each frame shows the result of the one before."""
    assert table(latency, 40) == [(None, 0), *((i, i + 1) for i in range(39))]


def test_a_latency_of_many_whole_frames_does_not_drift() -> None:
    """Three frames stay three frames after hours."""
    assert list(happened(table(0.1, 100_000))) == list(range(0, 100_000, 3))


class FindsTruth(FakeSegmenter):
    """The perfect detector of the scene."""

    def segment(self, frame: Frame) -> Segmentation:
        found = SCENE.truth(frame.pts)
        return Segmentation(found, frame.index, frame.captured_at, frame.size)


def film(frames: int = 24) -> list[Sample]:
    """The scene, and all of its shapes as the object."""
    times = [i / FPS for i in range(frames)]
    return [
        (
            Frame(SCENE.picture(time), i, time, time),
            painted(SCENE.truth(time), SCENE.size),
        )
        for i, time in enumerate(times)
    ]


def by_method(scores: list[Score]) -> dict[str, Score]:
    """Of one latency."""
    return {score.method: score for score in scores}


def test_without_delay_a_perfect_detector_is_perfect() -> None:
    """Late, it is not: held masks lie behind, carried ones less so."""
    carriers: Carriers = {"held": HoldCarrier, "carried": lambda: CarriedCarrier(Quality.MID)}
    scores = by_method(play(film(), FindsTruth(), carriers, [0.2], fps=FPS))
    assert (scores[NO_DELAY].j, scores[NO_DELAY].f) == (1.0, 1.0)
    held, carried = scores["held"].j, scores["carried"].j
    assert held is not None
    assert carried is not None
    assert held < carried < 1
    assert {score.frames for score in scores.values()} == {18}
    assert scores["held"].age == scores["carried"].age == (6, 11)
    assert scores[NO_DELAY].age == (0, 0)


def test_the_same_figures_each_time() -> None:
    """Nothing of the machine's clock gets in, but for the cost."""
    carriers: Carriers = {"held": HoldCarrier, "carried": lambda: CarriedCarrier(Quality.LO)}
    runs = [
        play(film(16), FindsTruth(), carriers, [0.05, 0.2], fps=FPS, clock=lambda: 0.0)
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert [(s.latency, s.method) for s in runs[0]] == [
        (latency, method) for latency in (0.05, 0.2) for method in ("held", "carried", NO_DELAY)
    ]


def test_what_stands_still_may_be_late() -> None:
    """Held masks fit as well as ever."""
    shown, mask = film(1)[0]
    still = [(Frame(shown.image, i, i / FPS, 0.0), mask) for i in range(12)]
    scores = play(still, FindsTruth(), {"held": HoldCarrier}, [0.1], fps=FPS)
    assert [score.j for score in scores] == [1.0, 1.0]


@dataclass
class Recorder(HoldCarrier):
    """Remembers what it was told."""

    told: list[str] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    """How many instances each result had."""
    key: Segmentation | None = None

    def expect(self, frame_index: int) -> None:
        self.told.append(f"expect {frame_index}")

    def correct(self, segmentation: Segmentation) -> None:
        super().correct(segmentation)
        self.told.append(f"correct {segmentation.frame_index}")
        self.seen.append(len(segmentation.instances))

    def advance(self, frame: Frame) -> Instances:
        self.told.append(f"advance {frame.index}")
        return super().advance(frame)


def blank(frames: int) -> list[Sample]:
    """Grey pictures in which the first of the fake's squares is the object."""
    first = painted(instances(1), (64, 48))
    return [(frame(i, at=i / FPS), first) for i in range(frames)]


def test_a_carrier_is_told_in_the_order_of_time() -> None:
    """What happens in the moment of a frame, before that frame."""
    carrier, segmenter = Recorder(), FakeSegmenter()
    play(blank(8), segmenter, {"held": lambda: carrier}, [0.1], fps=FPS)
    assert [told for told in carrier.told if not told.startswith("advance")] == [
        "expect 0",
        "correct 0",
        "expect 3",
        "correct 3",
        "expect 6",
    ]
    at = carrier.told.index
    assert at("expect 0") < at("advance 0")
    assert at("advance 2") < at("correct 0") < at("expect 3") < at("advance 3")
    assert [told for told in carrier.told if told.startswith("advance")] == [
        f"advance {i}" for i in range(8)
    ]


def test_each_frame_is_segmented_once_for_all() -> None:
    """Whatever the number of methods and latencies."""
    segmenter = FakeSegmenter()
    play(blank(10), segmenter, {"a": HoldCarrier, "b": HoldCarrier}, [0.05, 0.1, 0.2], fps=FPS)
    assert segmenter.segmented == list(range(10))


class FindsTwo(FakeSegmenter):
    """The object, and something beside it."""

    def segment(self, frame: Frame) -> Segmentation:
        return Segmentation(instances(2), frame.index, frame.captured_at, frame.size)


@pytest.mark.parametrize(("select", "seen", "j"), [("overlap", 1, 1.0), ("classes", 2, 0.5)])
def test_only_selected_instances_reach_the_carrier(select: str, seen: int, j: float) -> None:
    """Those on the object, or all of them."""
    carrier = Recorder()
    scores = play(
        blank(8), FindsTwo(), {"held": lambda: carrier}, [0.1], fps=FPS, select=Select(select)
    )
    assert set(carrier.seen) == {seen}
    assert [score.j for score in scores] == [pytest.approx(j)] * 2


def test_the_cost_is_what_the_clock_says() -> None:
    """A clock that goes on by a second whenever it is read."""
    ticks = count()
    scores = play(
        blank(8), FakeSegmenter(), {"held": HoldCarrier}, [0.1], fps=FPS, clock=lambda: next(ticks)
    )
    assert [score.cost for score in scores] == [1.0, None]


def test_nothing_is_scored_before_the_first_result() -> None:
    """A film that is shorter than the latency has no figures."""
    scores = play(blank(8), FakeSegmenter(), {"held": HoldCarrier}, [0.1, 1.0], fps=FPS)
    assert [(score.frames, score.age) for score in scores] == [
        (5, (3, 5)),
        (5, (0, 0)),
        (0, None),
        (0, None),
    ]
    assert [(score.j, score.f, score.cost) for score in scores[2:]] == [(None, None, None)] * 2


def test_the_mean_leaves_out_films_without_figures() -> None:
    """Each film counts once, long or short."""
    scores = [
        Score(0.1, "held", 10, 0.5, 0.25, 0.25, (3, 5)),
        Score(0.1, "held", 30, 1.0, 0.75, 0.75, (2, 4)),
        Score(0.1, "held", 0, None, None, None, None),
    ]
    assert mean(scores) == Score(0.1, "held", 40, 0.75, 0.5, 0.5, (2, 5))
    assert mean(scores[2:]) == scores[2]


def test_films_need_no_object_all_the_time() -> None:
    """Nothing shown where nothing is fits perfectly."""
    empty = np.zeros((48, 64), np.bool_)
    nothing = [(frame(i, at=i / FPS), empty) for i in range(8)]
    scores = play(nothing, FakeSegmenter(), {"held": HoldCarrier}, [0.1], fps=FPS)
    assert [(score.j, score.f) for score in scores] == [(1.0, 1.0)] * 2
