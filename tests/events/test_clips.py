"""The thread that writes clips."""

import threading
from pathlib import Path

import pytest

from livesegment.codecs.video_file import VideoFile
from livesegment.errors import SinkError
from livesegment.events import clip as clip_module
from livesegment.events.clip import Clip
from livesegment.events.clips import Clips
from livesegment.events.ring import Ring
from tests.events.test_clip import fill
from tests.fakes import CEILING, wait_for


def a_clip(folder: Path, ring: Ring, number: int) -> Clip:
    path = folder / "clips" / f"event-{number:04d}.mkv"
    return Clip(path, ring.read(0), codec="mjpeg", min_free=0)


def test_several_clips_are_written_from_one_ring(tmp_path: Path) -> None:
    ring, clips = Ring(100), Clips()
    fill(ring, 50)
    both = [a_clip(tmp_path, ring, number) for number in (1, 2)]
    done = [threading.Event(), threading.Event()]
    for clip, said in zip(both, done, strict=True):
        clips.add(clip, said.set)
    both[0].end_at, both[1].end_at = 0.5, 5.0
    clips.wake()
    for said in done:
        wait_for(said)
    assert [clip.files[0]["frames"] for clip in both] == [13, 50]
    assert clips.close(CEILING)
    assert clips.failure() is None


def test_at_the_end_every_clip_is_whole(tmp_path: Path) -> None:
    ring, clips = Ring(100), Clips()
    clip = a_clip(tmp_path, ring, 1)
    said = threading.Event()
    clips.add(clip, said.set)
    fill(ring, 200)
    clip.end_at = 100.0
    assert clips.close(CEILING)
    assert said.is_set()
    assert clip.files[0]["frames"] == 200


def test_after_a_failure_every_event_still_gets_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(VideoFile):
        def write_jpeg(self, data: bytes, seconds: float) -> None:
            raise SinkError("the disk is full")

    monkeypatch.setattr(clip_module, "VideoFile", Full)
    ring, clips = Ring(100), Clips()
    both = [a_clip(tmp_path, ring, number) for number in (1, 2)]
    done = [threading.Event(), threading.Event()]
    for clip, said in zip(both, done, strict=True):
        clips.add(clip, said.set)
    fill(ring, 3)
    clips.wake()
    both[0].end_at = both[1].end_at = 1.0
    clips.wake()
    for said in done:
        wait_for(said)
    assert isinstance(clips.failure(), SinkError)
    assert clips.failure() is None  # told once
    assert clips.close(CEILING)


def test_what_goes_wrong_in_telling_is_a_failure_too(tmp_path: Path) -> None:
    ring, clips = Ring(100), Clips()
    clip = a_clip(tmp_path, ring, 1)
    clip.end_at = 1.0

    def done() -> None:
        raise SinkError("cannot write events.jsonl")

    clips.add(clip, done)
    assert clips.close(CEILING)
    with pytest.raises(SinkError, match=r"events\.jsonl"):
        raise clips.failure() or AssertionError
