"""Conditions to clips, lines and hooks, as a run goes through them."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livesegment.codecs.mjpeg import jpeg
from livesegment.codecs.video_file import VideoFile
from livesegment.errors import SinkError
from livesegment.events import clip as clip_module
from livesegment.events.hooks import HookError, Hooks, Message
from livesegment.events.parser import conditions
from livesegment.frame import Image
from livesegment.instances import Instances
from livesegment.sinks import events as events_module
from livesegment.sinks.base import Ending, View
from livesegment.sinks.events import EventSink
from livesegment.sinks.recorder import QUEUE
from tests.fakes import SIZE, instances, view, wait_for
from tests.sinks.films import read_back

LABELS = ("red", "green", "blue")
END = Ending.END_OF_SOURCE
FPS = 25


def a_view(index: int, *class_ids: int, known: bool = True, size: tuple[int, int] = SIZE) -> View:
    """Frame `index` of a film of 25 a second, with an object of each class given."""
    found = instances(len(class_ids), class_ids=class_ids) if class_ids else Instances.empty()
    key = index if known else None
    return replace(view(index, at=100 + index / FPS, size=size, found=found), key_frame=key)


def a_sink(folder: Path, *texts: str, **settings: Any) -> EventSink:
    known: dict[str, Any] = {
        "live": False,
        "codec": "mjpeg",
        "pre_roll": 1.0,
        "post_roll": 1.0,
        "min_free": 0,
    }
    return EventSink(folder, conditions(texts, LABELS), **known | settings)


def play(sink: EventSink, *class_ids: tuple[int, ...]) -> None:
    """A frame for each of these, with such objects, and the end."""
    for index, ids in enumerate(class_ids):
        sink.write(a_view(index, *ids), index / FPS)
    sink.close(END)


def lines(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "events.jsonl").read_text("utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def greys(path: Path) -> list[int]:
    return [round(float(picture.mean())) for picture in read_back(path)[0]]


@pytest.mark.wheel
def test_a_clip_has_its_event_with_what_was_before_and_after(tmp_path: Path) -> None:
    sink = a_sink(tmp_path, "red for 0.2s")
    play(sink, *[()] * 50, *[(0,)] * 20, *[()] * 60)
    new, end = lines(tmp_path)
    assert (new["type"], new["start"], new["frame"], new["end"]) == ("new", 2.2, 55, None)
    assert (end["type"], end["start"], end["end"], end["frame"]) == ("end", 2.2, 2.76, 95)
    assert end["classes"] == {"red": 1}
    assert new["id"] == end["id"]
    assert end["clip"] == "clips/event-0001.mkv"
    assert end["clips"] == sink.clips
    assert sink.clips[0]["start"] == 1.2
    assert greys(tmp_path / "clips/event-0001.mkv") == pytest.approx(list(range(30, 95)), abs=2)
    assert greys(tmp_path / "clips/event-0001.jpg") == [55]
    assert sorted(path.name for path in (tmp_path / "clips").iterdir()) == [
        "event-0001.jpg",
        "event-0001.mkv",
    ]
    assert (sink.events, sink.dropped, sink.problems) == (1, 0, [])


def test_what_comes_again_soon_is_one_event_and_later_another(tmp_path: Path) -> None:
    sink = a_sink(tmp_path, "red", pre_roll=0.0)
    play(sink, (0,), *[()] * 20, (0,), *[()] * 40, (0,))
    told = [(line["clip"], line["type"], line["start"], line["end"]) for line in lines(tmp_path)]
    # The end of one may be told after the beginning of the next: once its clip is whole.
    assert sorted(told, key=lambda one: one[0]) == [
        ("clips/event-0001.mkv", "new", 0.0, None),
        ("clips/event-0001.mkv", "end", 0.0, 0.84),
        ("clips/event-0002.mkv", "new", 2.48, None),
        ("clips/event-0002.mkv", "end", 2.48, 2.48),
    ]
    assert sink.events == 2


@pytest.mark.wheel
def test_conditions_have_events_and_clips_of_their_own(tmp_path: Path) -> None:
    sink = a_sink(tmp_path, "red", "green and not red")
    play(sink, *[()] * 5, *[(0,)] * 10, *[(0, 1)] * 5, *[(1,)] * 10)
    found = {line["condition"]: line for line in lines(tmp_path) if line["type"] == "end"}
    assert found["red"]["classes"] == {"red": 1}
    assert found["green and not red"]["start"] == 0.8
    frames = [len(greys(tmp_path / "clips" / f"event-000{n}.mkv")) for n in (1, 2)]
    assert frames == [30, 30]  # the second with a pre-roll of all there was


def test_news_of_an_event_is_told_once_a_second(tmp_path: Path) -> None:
    sink = a_sink(tmp_path, "any")
    play(sink, *[(0,)] * 10, *[(0, 1)] * 40, *[(0, 1, 1)] * 40)
    told = [(line["type"], line["frame"], line["classes"]) for line in lines(tmp_path)]
    assert told == [
        ("new", 0, {"red": 1}),
        ("update", 25, {"green": 1, "red": 1}),
        ("update", 50, {"green": 2, "red": 1}),
        ("end", 89, {"green": 2, "red": 1}),
    ]


def test_before_the_first_result_there_is_no_event(tmp_path: Path) -> None:
    sink = a_sink(tmp_path, "not red")
    for index in range(50):
        sink.write(a_view(index, known=index >= 40), index / FPS)
    sink.close(END)
    assert lines(tmp_path)[0]["frame"] == 40
    assert sink.clips[0]["frames"] == 35  # a second before, as ever


def test_without_an_event_nothing_is_written(tmp_path: Path) -> None:
    sink = a_sink(tmp_path, "blue")
    play(sink, *[(0, 1)] * 50)
    assert list(tmp_path.iterdir()) == []
    assert sink.events == 0


def test_a_sink_that_saw_nothing_ends_well(tmp_path: Path) -> None:
    sink = a_sink(tmp_path, "red")
    sink.idle()
    sink.close(END)
    sink.close(END)
    assert list(tmp_path.iterdir()) == []


def test_without_pre_roll_nothing_is_compressed_between_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compressed: list[int] = []

    def counting(image: Image) -> bytes:
        compressed.append(int(image[0, 0, 0]))
        return jpeg(image)

    monkeypatch.setattr(events_module, "jpeg", counting)
    play(a_sink(tmp_path, "red", pre_roll=0.0, post_roll=0.2), *[()] * 20, (0,), *[()] * 20)
    assert compressed == list(range(20, 26))


@pytest.mark.wheel
def test_a_change_of_size_goes_on_in_another_file(tmp_path: Path) -> None:
    sink = a_sink(tmp_path, "red")
    for index in range(20):
        sink.write(a_view(index, 0, size=SIZE if index < 10 else (32, 24)), index / FPS)
    sink.close(END)
    assert [(one["file"], one["frames"]) for one in lines(tmp_path)[-1]["clips"]] == [
        ("clips/event-0001.mkv", 10),
        ("clips/event-0001-2.mkv", 10),
    ]


def test_memory_that_is_too_small_for_the_pre_roll_is_told_once(tmp_path: Path) -> None:
    sink = a_sink(tmp_path, "red", pre_roll=10.0, ring_bytes=5000)
    play(sink, *[()] * 200, (0,), *[()] * 3)
    (problem,) = sink.problems
    assert "instead of 10 s" in problem
    assert 0 < sink.clips[0]["frames"] < 200


class Blocked:
    """Something that is held up until it is let go."""

    def __init__(self) -> None:
        self.there, self.go_on = threading.Event(), threading.Event()

    def wait(self) -> None:
        self.there.set()
        wait_for(self.go_on)


@contextmanager
def blocked(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> Iterator[Blocked]:
    """A function of a module is held up at its first call, until the end of the block."""
    real, gate = getattr(module, name), Blocked()

    def held(*args: Any, **keywords: Any) -> Any:
        gate.wait()
        return real(*args, **keywords)

    monkeypatch.setattr(module, name, held)
    try:
        yield gate
    finally:
        gate.go_on.set()


def test_live_pictures_that_the_encoder_is_too_late_for_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = a_sink(tmp_path, "red", live=True)
    with blocked(monkeypatch, events_module, "jpeg") as gate:
        sink.write(a_view(0, 0), 0.0)
        wait_for(gate.there)
        for index in range(1, QUEUE + 11):
            sink.write(a_view(index, 0), index / FPS)
    sink.close(END)
    assert sink.dropped == 10
    assert sink.clips[0]["frames"] == QUEUE + 1


def test_a_clip_that_is_slow_holds_neither_the_run_nor_the_judging_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = a_sink(tmp_path, "red", live=True, ring_bytes=20_000, pre_roll=0.0)
    judged = threading.Event()
    monkeypatch.setattr(sink, "_problem", sink._problems.append)
    with blocked(monkeypatch, clip_module, "VideoFile") as gate:
        sink.write(a_view(0, 0), 0.0)
        wait_for(gate.there)
        real = sink._take

        def watched(moment: Any, clips: Any) -> None:
            real(moment, clips)
            if moment.frame % 20 == 0:
                judged.set()

        monkeypatch.setattr(sink, "_take", watched)
        for index in range(1, 201):
            sink.write(a_view(index, 0), index / FPS)
            if index % 20 == 0:  # so that the queue holds them all
                wait_for(judged)
                judged.clear()
        assert sink._ring.bytes <= 20_000
    sink.close(END)
    assert sink.clips[0]["frames"] + sink.dropped == 201
    assert sink.dropped > 0
    assert "event-0001.mkv lacks" in sink.problems[0]


def test_a_film_waits_for_a_slow_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = a_sink(tmp_path, "red", ring_bytes=5_000)
    play(sink, *[(0,)] * 300)
    assert sink.clips[0]["frames"] == 300
    assert sink.dropped == 0


def _fails_after(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    class Full(VideoFile):
        def write_jpeg(self, data: bytes, at: float) -> None:
            if at >= seconds:
                raise SinkError("the disk is full")
            super().write_jpeg(data, at)

    monkeypatch.setattr(clip_module, "VideoFile", Full)


def test_a_full_disk_reaches_the_run_and_leaves_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fails_after(monkeypatch, 0.4)
    sink = a_sink(tmp_path, "red")

    def go_on() -> None:
        for index in range(100_000):
            sink.write(a_view(index, 0), index / FPS)

    with pytest.raises(SinkError, match="disk is full"):
        go_on()
    sink.close(Ending.FAILED)
    assert greys(tmp_path / "clips" / "event-0001.mkv") == pytest.approx(range(10), abs=2)
    assert [line["type"] for line in lines(tmp_path)][-1] == "end"


def test_a_full_disk_is_noticed_between_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fails_after(monkeypatch, 0.0)
    sink = a_sink(tmp_path, "red")
    sink.write(a_view(0, 0), 0.0)

    def go_on() -> None:
        while True:
            sink.idle()

    with pytest.raises(SinkError, match="disk is full"):
        go_on()
    sink.close(END)


def test_a_failure_at_the_very_end_is_raised_by_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fails_after(monkeypatch, 0.0)
    sink = a_sink(tmp_path, "red")
    sink.write(a_view(0, 0), 0.0)
    with pytest.raises(SinkError, match="disk is full"):
        sink.close(END)
    sink.close(END)


def test_lines_that_cannot_be_written_end_the_events(tmp_path: Path) -> None:
    sink = a_sink(tmp_path / "gone", "red")
    sink.write(a_view(0, 0), 0.0)
    with pytest.raises(SinkError, match="cannot write"):
        sink.close(END)


class Ear:
    """Hears what it is told; `before` is called with each message."""

    name = "--exec ear"

    def __init__(self, before: Callable[[threading.Event], object] = lambda _stop: None) -> None:
        self.heard: list[Message] = []
        self._before = before

    def deliver(self, message: Message, stop: threading.Event) -> None:
        self._before(stop)
        self.heard.append(message)


def test_hooks_are_told_of_beginnings_and_ends(tmp_path: Path) -> None:
    ear = Ear()
    hooks = Hooks([ear])
    play(a_sink(tmp_path, "red", hooks=hooks), *[(0,)] * 10, *[(0, 0)] * 30, *[()] * 40)
    hooks.close()
    assert [message.type for message in ear.heard] == ["new", "end"]
    end = ear.heard[1]
    assert json.loads(end.data) == lines(tmp_path)[-1]
    assert end.clip == tmp_path.resolve() / "clips" / "event-0001.mkv"
    assert end.clip.is_file()
    assert end.session == tmp_path.resolve()


def test_a_hook_that_hangs_delays_nothing(tmp_path: Path) -> None:
    def hang(stop: threading.Event) -> None:
        wait_for(stop)
        raise HookError("stopped")

    hooks = Hooks([Ear(hang)])
    sink = a_sink(tmp_path, "red", hooks=hooks, post_roll=0.0)
    play(sink, *[(0,), ()] * 50)
    assert sink.events == 50
    assert len(sink.clips) == 50
    hooks.close(0.1)
    assert "given up at the end" in sink.problems[0]


@pytest.mark.parametrize("after", [0, 10])
def test_a_clip_claims_no_post_roll_that_was_never_recorded(after: int, tmp_path: Path) -> None:
    sink = a_sink(tmp_path, "red", post_roll=5.0)
    play(sink, *[()] * 30, *[(0,)] * 10, *[()] * after)
    last = (39 + after) / FPS
    (clip,) = sink.clips
    assert clip["start"] + clip["seconds"] == pytest.approx(last + 1 / FPS, abs=0.002)


def test_a_silence_ends_an_event_of_a_live_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "LOOK_SECONDS", 0.01)
    over = threading.Event()
    hooks = Hooks([Ear(lambda _stop: over.set() if sink._going == {} else None)])
    sink = a_sink(tmp_path, "red", live=True, hooks=hooks, now=lambda: 200.0)
    sink.write(a_view(0, 0), 0.0)
    wait_for(over)
    assert lines(tmp_path)[-1]["type"] == "end"
    sink.close(END)
    hooks.close()


RUN = """
import sys
from pathlib import Path
from tests.sinks.test_events import a_sink, a_view
sink = a_sink(Path(sys.argv[1]), "red", live=True)
for index in range(1_000_000):
    sink.write(a_view(index, *([0] * (1 + index // 100))), index / 25)
    if index % 20 == 0:
        while len(sink._queue):
            sink.idle()
        print(index, flush=True)
"""


def test_finished_clips_can_go_one_by_one_each_with_its_picture(tmp_path: Path) -> None:
    sink = a_sink(tmp_path, "red", pre_roll=0.0, post_roll=0.2)
    play(sink, *[(0,)] * 5, *[()] * 20, *[(0,)] * 5, *[()] * 20)
    folder = tmp_path / "clips"
    first, second = sorted(sink.kept(10.0), key=lambda one: one.name)
    assert (first.name, second.name) == ("clips/event-0001.mkv", "clips/event-0002.mkv")
    assert first.age is not None
    assert first.age > (second.age or 0.0) > 8.0
    assert first.bytes == sum(path.stat().st_size for path in folder.glob("event-0001.*"))
    assert first.remove is not None
    assert first.remove()
    assert sorted(path.name for path in folder.iterdir()) == ["event-0002.jpg", "event-0002.mkv"]
    assert [one.name for one in sink.kept(10.0)] == [second.name]


def test_a_kill_leaves_whole_lines_and_a_clip_that_plays(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        for _ in range(12):
            process.stdout.readline()
        process.kill()
    told = lines(tmp_path)
    assert [line["type"] for line in told][:2] == ["new", "update"]
    assert len(greys(tmp_path / "clips" / "event-0001.part.mkv")) >= 150
    assert greys(tmp_path / "clips" / "event-0001.jpg") == [0]
