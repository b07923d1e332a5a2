"""`livesegment bench stages`: what is typed, what is printed."""

import json
from pathlib import Path

import pytest

from tests.cli.runner import Cli

STAGES = ["capture", "prepare", "infer", "decode", "edges", "carry", "compose", "record", "encode"]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(cli: Cli, *arguments: str) -> tuple[int, str, list[str]]:
    ended = cli("bench", "stages", *arguments)
    return ended.code, ended.out, ended.complaint


def test_every_stage_the_rates_and_their_ratio_as_json(cli: Cli, tmp_path: Path) -> None:
    _, out, _ = run(
        cli,
        *("--model", "colour-shapes", "--source", "synthetic", "--max-frames", "6"),
        *("--rounds", "2", "--json"),
    )
    said = json.loads(out)
    found = {stage["name"]: stage for stage in said["stages"]}
    assert [name for name in found if name in STAGES] == STAGES
    assert {found[name]["count"] for name in ("infer", "compose", "encode")} == {6}
    assert found["encode"]["thread"] == "recorder"
    assert (said["frames"], len(said["rounds_each"])) == (6, 2)
    for one in said["rounds_each"]:
        assert one["ratio"] == pytest.approx(one["fps"] / one["network_fps"], rel=0.01)
    assert said["network_fps"] > 0
    assert (said["engine"], said["device"]) == ("opencv", "cpu")
    # What the model was rebuilt as for an OpenCV that does not read it; no recordings.
    assert {path.name for path in tmp_path.iterdir()} <= {"converted"}


def test_tables_for_people(cli: Cli) -> None:
    _, out, _ = run(
        cli,
        *("--model", "colour-shapes", "--source", "synthetic", "--max-frames", "4"),
        *("--rounds", "1"),
    )
    first = [line.split()[0] for line in out.splitlines() if line.strip()]
    assert [word for word in first if word in STAGES] == STAGES
    assert "staleness" not in first
    assert "whole run / network alone" in out
    assert "colour-shapes by opencv on cpu, 4 frames of synthetic; one round" in out


def test_a_model_without_a_network_has_no_ratio(cli: Cli) -> None:
    _, out, _ = run(
        cli,
        *("--model", "motion", "--source", "synthetic", "--max-frames", "4"),
        *("--rounds", "1", "--json"),
    )
    said = json.loads(out)
    assert (said["ratio"], said["network_fps"], said["engine"]) == (None, None, None)
    assert said["fps"] > 0


def test_a_run_that_spares_work_is_not_compared(cli: Cli) -> None:
    _, out, _ = run(
        cli,
        *("--model", "colour-shapes", "--source", "synthetic", "--max-frames", "4"),
        *("--idle", "--rounds", "1", "--json"),
    )
    assert json.loads(out)["ratio"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["plays a film", "--source"]),
        (["--camera", "0"], ["plays a film", "--source"]),
        (["--source", "synthetic", "--realtime"], ["plays a film", "--realtime"]),
        (["--source", "synthetic", "--record", "there"], ["removes again", "--record"]),
        (["--source", "synthetic", "--jsonl", "-"], ["removes again", "--jsonl"]),
        (["--source", "rtsp://example.org/s", "--model", "motion"], ["is live"]),
    ],
)
def test_bad_options(cli: Cli, arguments: list[str], words: list[str]) -> None:
    code, out, complaint = run(cli, *arguments)
    assert (code, out) == (2, "")
    assert all(word in " ".join(complaint) for word in words)
