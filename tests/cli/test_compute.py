"""The options that save work: what they refuse, and what a run with each of them says it saved."""

import json
import re
from pathlib import Path
from typing import Any

import cv2
import pytest

from livesegment.sources.synthetic import Scene
from tests.cli.runner import Cli, Ended

pytestmark = pytest.mark.wheel
FRAMES = 30


def synthetic(cli: Cli, *arguments: str | Path) -> Ended:
    return cli(
        *("run", "--source", "synthetic", "--model", "colour-shapes", "--headless"),
        *("--max-frames", str(FRAMES), *arguments),
    )


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def still_film(tmp_path: Path) -> Path:
    """Thirty pictures of a scene in which nothing moves."""
    folder = tmp_path / "still"
    folder.mkdir()
    for index in range(FRAMES):
        cv2.imwrite(str(folder / f"{index}.png"), Scene().picture(2.0))
    return folder


def test_every_run_says_what_the_network_did(cli: Cli) -> None:
    ended = synthetic(cli)
    assert ended.code == 0, ended.err
    said = rf"segmented {FRAMES} of {FRAMES} frames; the network was idle \d+% of the time; \d+ ms"
    assert re.search(said, ended.err)


def test_a_greatest_rate_thins_a_film(cli: Cli, tmp_path: Path) -> None:
    ended = synthetic(cli, "--max-fps", "10", "--jsonl", tmp_path / "f.jsonl")
    assert [row["frame"] for row in rows(tmp_path / "f.jsonl")] == list(range(0, FRAMES, 3))
    assert f"10 of {FRAMES} frames shown" in ended.err
    assert "20 skipped, 0 dropped" in ended.err


def test_a_recording_of_a_thinned_film_is_as_long_as_the_film(cli: Cli, tmp_path: Path) -> None:
    synthetic(cli, "--max-fps", "10", "--record", tmp_path / "out")
    (session,) = (tmp_path / "out").iterdir()
    manifest = json.loads((session / "manifest.json").read_text("utf-8"))
    (video,) = manifest["videos"]
    assert (video["frames"], video["fps"], video["seconds"]) == (10, 10.0, 1.0)
    assert manifest["compute"]["skipped"] == 20


def test_a_rate_of_segmentations_holds(cli: Cli, tmp_path: Path) -> None:
    ended = synthetic(
        cli, "--realtime", "--segment-rate", "4", "--jsonl", tmp_path / "f.jsonl", "-v"
    )
    assert ended.code == 0, ended.err
    keys = {row["key_frame"] for row in rows(tmp_path / "f.jsonl")} - {None}
    assert 1 <= len(keys) <= 5
    assert "over the rate" in ended.err


def test_a_still_film_is_segmented_once(cli: Cli, still_film: Path, tmp_path: Path) -> None:
    ended = cli(
        *("--source", still_film, "--model", "colour-shapes", "--headless", "--idle"),
        *("--jsonl", tmp_path / "f.jsonl", "--record", tmp_path / "out"),
    )
    assert f"segmented 1 of {FRAMES} frames: {FRAMES - 1} still" in ended.err
    found = rows(tmp_path / "f.jsonl")
    assert [row["key_frame"] for row in found] == [0] * FRAMES
    assert {len(row["instances"]) for row in found} == {5}
    (session,) = (tmp_path / "out").iterdir()
    compute = json.loads((session / "manifest.json").read_text("utf-8"))["compute"]
    assert (compute["segmented"], compute["still"], compute["idle"]) == (1, FRAMES - 1, True)
    assert 0 <= compute["network_idle"] <= 1
    assert compute["cpu_seconds_per_frame"] > 0


def test_a_still_film_is_looked_at_again_when_asked(cli: Cli, still_film: Path) -> None:
    ended = cli(
        *("--source", still_film, "--model", "colour-shapes", "--headless", "--idle"),
        *("--idle-refresh", "500ms"),
    )
    assert f"segmented 2 of {FRAMES} frames" in ended.err


def test_a_moving_film_is_segmented_whole_though_it_might_be_still(cli: Cli) -> None:
    assert f"segmented {FRAMES} of {FRAMES} frames;" in synthetic(cli, "--idle").err


def test_a_region_leaves_the_picture_whole(cli: Cli, tmp_path: Path) -> None:
    ended = synthetic(
        cli, "--roi", "50%,0%,50%,100%", "--jsonl", tmp_path / "f.jsonl", "--edges", "raw"
    )
    assert "segmented within 50%,0%,50%,100%" in ended.err
    for row in rows(tmp_path / "f.jsonl"):
        assert (row["width"], row["height"]) == (640, 360)
        assert row["instances"]
        for instance in row["instances"]:
            assert instance["bbox"][0] >= 320
            assert instance["segmentation"]["size"] == [360, 640]


def test_a_region_outside_the_picture_is_a_wrong_option(cli: Cli) -> None:
    ended = synthetic(cli, "--roi", "600,0,100,100")
    assert ended.code == 2
    assert ended.complaint[0] == (
        "error: --roi 600,0,100,100 does not lie in the picture, which is 640x360"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--segment-rate", "5"), "--masks exact"),
        (("--segment-rate", "5", "--realtime", "--masks", "exact"), "--masks exact"),
        (("--idle", "--model", "motion"), "--idle is for networks"),
        (("--idle-refresh", "3s"), "--idle-refresh goes with --idle"),
        (("--idle", "--idle-refresh", "soon"), "no duration"),
        (("--roi", "1,2,3"), "--roi"),
        (("--roi", "60%,0%,50%,50%"), "beyond 100 %"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    cli: Cli, arguments: tuple[str, ...], words: str
) -> None:
    ended = synthetic(cli, *arguments)
    assert ended.code == 2
    assert words in ended.complaint[0]


@pytest.mark.parametrize("flag", ["--max-fps", "--segment-rate"])
def test_a_rate_of_nothing_is_refused(cli: Cli, flag: str) -> None:
    assert synthetic(cli, flag, "0").code == 2


@pytest.mark.parametrize(
    ("line", "flags"),
    [
        ("max_fps = 12.5", ("--max-fps", "12.5")),
        ("segment_rate = 3.0", ("--segment-rate", "3")),
        ("idle = true", ("--idle",)),
        ("idle = false", ("--no-idle",)),
        ('idle_refresh = "5s"', ("--idle-refresh", "5s")),
        ('roi = "25%,0%,50%,50%"', ("--roi", "25%,0%,50%,50%")),
    ],
)
def test_flags_and_keys_of_a_config_file_are_the_same(
    cli: Cli, tmp_path: Path, line: str, flags: tuple[str, ...]
) -> None:
    config = tmp_path / "run.toml"
    config.write_text(line + "\n", "utf-8")
    typed = cli("run", *flags, "--print-config")
    read = cli("run", "--config", config, "--print-config")
    assert typed.code == read.code == 0
    assert typed.out == read.out
    assert line in typed.out.splitlines()


def test_a_flag_wakes_what_the_config_file_let_rest(cli: Cli, tmp_path: Path) -> None:
    config = tmp_path / "run.toml"
    config.write_text("idle = true\n", "utf-8")
    ended = cli("run", "--config", config, "--no-idle", "--print-config")
    assert "idle = false" in ended.out
