"""Several segmenters that work side by side."""

import threading
from dataclasses import dataclass, field
from functools import partial

import pytest

from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.instances import Instances, Segmentation
from livesegment.segmenters.pool import SegmenterPool
from livesegment.threads.worker import Worker
from tests.fakes import frame

CEILING = 10.0


@dataclass
class Member:
    """Waits, where it is told to, until as many are at work as there are members."""

    meeting: threading.Barrier | None = None
    thresholds: Thresholds = field(default_factory=Thresholds)
    labels: tuple[str, ...] = ("thing",)
    seen: list[int] = field(default_factory=list)
    warm: bool = False

    def warm_up(self) -> None:
        self.warm = True

    def segment(self, frame: Frame) -> Segmentation:
        self.seen.append(frame.index)
        if self.meeting is not None:
            self.meeting.wait(CEILING)
        if frame.index == 13:
            raise ValueError("unlucky")
        return Segmentation(Instances.empty(), frame.index, 0.0, frame.size)

    def describe(self) -> str:
        return "fake on cpu"


def hand_over(pool: SegmenterPool, index: int) -> None:
    pool.segment(frame(index))


def test_as_many_frames_as_members_are_segmented_at_once() -> None:
    meeting = threading.Barrier(2)
    members = [Member(meeting), Member(meeting)]
    pool = SegmenterPool(members)
    workers = [Worker(str(i), partial(hand_over, pool, i)) for i in range(2)]
    for worker in workers:
        worker.start()
    assert all(worker.stop(CEILING) for worker in workers)
    assert [worker.error for worker in workers] == [None, None]
    assert [len(member.seen) for member in members] == [1, 1]


def test_a_member_that_failed_is_free_again() -> None:
    pool = SegmenterPool([Member()])
    with pytest.raises(ValueError, match="unlucky"):
        pool.segment(frame(13))
    assert pool.segment(frame(1)).frame_index == 1


def test_thresholds_hold_for_all_members() -> None:
    members = [Member(), Member()]
    pool = SegmenterPool(members)
    pool.thresholds = Thresholds(score=0.7)
    assert [member.thresholds.score for member in members] == [0.7, 0.7]
    assert pool.thresholds is members[0].thresholds


def test_all_members_are_warmed_up() -> None:
    members = [Member(), Member()]
    SegmenterPool(members).warm_up()
    assert all(member.warm for member in members)


def test_it_says_how_many_there_are() -> None:
    pool = SegmenterPool([Member(), Member()])
    assert pool.describe() == "fake on cpu, 2 frames at once"
    assert pool.labels == ("thing",)


def test_a_pool_of_none_is_none() -> None:
    with pytest.raises(ValueError, match="member"):
        SegmenterPool([])
