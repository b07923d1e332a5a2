"""`livesegment bench engines`: what is typed, what is printed."""

import json
from pathlib import Path
from typing import Any

import pytest

from livesegment.bench import engines as bench
from livesegment.engines.base import Obstacle
from livesegment.engines.registry import installed_engines
from livesegment.errors import LiveSegmentError, ModelError
from livesegment.families.yolo_seg import Layout
from livesegment.segmenters import choice
from livesegment.segmenters.trial import Setup, Trial
from livesegment.segmenters.verdicts import Choice
from tests.bench.trials import Trials, trial
from tests.cli.runner import Cli, Ended
from tests.fakes import instances
from tests.families.red_finder import red_finder

SECONDS: dict[str, float | LiveSegmentError] = {
    "opencv on cpu": 0.08,
    "openvino on cpu": ModelError("layer <X> is not known", hint="export it again"),
    "openvino on cpu-bf16": 0.02,
}


class _Factory:
    """OpenVINO or OpenCV, as far as it is asked here."""

    def __init__(self, *extra: str) -> None:
        self._extra = extra

    def devices(self) -> dict[str, Obstacle | None]:
        there = dict.fromkeys(("cpu", *self._extra))
        return {**there, "gpu": Obstacle("no GPU", "buy one"), "npu": Obstacle("no GPU", "buy one")}


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> Trials:
    """OpenCV and OpenVINO with made-up times; no child is started."""
    there = {"opencv": _Factory(), "openvino": _Factory("cpu-bf16")}

    def factory(name: str) -> Any:
        if name not in there:
            raise ModelError("onnxruntime is not installed", hint="pip install it")
        return there[name]

    def outcome(setup: Setup) -> Trial | LiveSegmentError:
        told = SECONDS[str(setup)]
        if isinstance(told, LiveSegmentError):
            return told
        name = f"{setup.engine.title()} 1.0 on {setup.device}"
        return trial(setup, [told], found=[instances(3)], runs_on=name)

    made = Trials(outcome)
    monkeypatch.setattr(bench, "engine_factory", factory)
    monkeypatch.setattr(bench, "attempt", made)
    monkeypatch.setattr(choice, "remembered", lambda *_, **__: None)
    return made


def run(cli: Cli, *arguments: str | Path) -> Ended:
    return cli(
        *("bench", "engines", "--model", "colour-shapes", "--engine", "opencv,openvino"), *arguments
    )


@pytest.mark.usefixtures("trials")
def test_a_row_an_engine_and_a_mark_at_the_fastest(cli: Cli) -> None:
    ended = run(cli, "--rounds", "2")
    lines = ended.out.splitlines()
    assert ended.code == 0
    (best,) = [line for line in lines if line.startswith("* Openvino")]
    figures = "* Openvino 1.0 cpu-bf16 0.50 1.00 20.0 20.0 18.0 50.0 3/3 1.000 0.0000 200"
    assert " ".join(best.split()) == figures
    assert any(line.split()[:4] == ["Opencv", "1.0", "cpu", "f32"] for line in lines)
    assert "medians of 2 rounds" in ended.out


@pytest.mark.usefixtures("trials")
def test_what_failed_and_what_is_not_here_is_said(cli: Cli) -> None:
    said = run(cli).out
    assert "openvino on cpu failed: layer <X> is not known (export it again)" in said
    assert "not here: openvino on gpu, npu: no GPU (buy one)" in said


@pytest.mark.usefixtures("trials")
def test_the_table_fits_on_100_columns(cli: Cli) -> None:
    table = run(cli).out.split("\n\n")[0]
    assert max(map(len, table.splitlines())) <= 100
    assert "\N{HORIZONTAL ELLIPSIS}" not in table


@pytest.mark.usefixtures("trials")
def test_json_is_all_that_goes_to_stdout(cli: Cli) -> None:
    said = json.loads(run(cli, "--json", "--runs", "7").out)
    assert (said["model"], said["runs"], said["rounds"]) == ("colour-shapes", 7, 3)
    assert said["reference"] == {"engine": "opencv", "device": "cpu"}
    assert said["fastest"] == {"engine": "openvino", "device": "cpu-bf16"}
    first, failed, second = said["results"]
    assert (first["p50"], second["p50"], failed["p50"]) == (0.08, 0.02, None)
    assert failed["problem"] == "layer <X> is not known"
    assert second["agreement"]["recall"] == second["agreement"]["mask_iou"] == 1.0
    assert second["agreement"]["same"] is True
    assert {"engine": "opencv", "device": "npu", "reason": "no GPU", "hint": "buy one"} in said[
        "absent"
    ]


@pytest.mark.usefixtures("trials")
def test_it_is_said_when_auto_remembers_another(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    known = Choice("opencv", "cpu", why="opencv on cpu: the fastest here")
    monkeypatch.setattr(choice, "remembered", lambda *_, **__: known)
    said = run(cli).out
    assert "takes opencv on cpu all the same: it remembers opencv on cpu: the fastest" in said


@pytest.mark.usefixtures("trials")
def test_a_chart_is_drawn_where_one_is_wanted(cli: Cli, tmp_path: Path) -> None:
    ended = run(cli, "--chart", tmp_path / "chart.svg")
    drawn = (tmp_path / "chart.svg").read_text("utf-8")
    assert "chart.svg" in ended.err
    assert "Openvino 1.0 on cpu-bf16" in drawn
    assert "3/3, IoU 1.000" in drawn


def test_a_chart_of_another_kind_is_refused_at_once(cli: Cli, trials: Trials) -> None:
    ended = run(cli, "--chart", "chart.pdf")
    assert ended.code == 2
    assert ".svg or a .png" in ended.complaint[0]
    assert not trials.asked


def test_pictures_of_a_source_are_what_it_runs_on(cli: Cli, trials: Trials) -> None:
    run(cli, "--source", "synthetic", "--pictures", "2", "--rounds", "1")
    assert [path.suffix for path in trials.pictures] == [".png", ".png"]
    assert not any(path.exists() for path in trials.pictures)


def test_where_nothing_runs_it_ends_in_an_error(cli: Cli, trials: Trials) -> None:
    trials.outcome = lambda _: ModelError("no such layer", hint="export it again")
    ended = run(cli)
    assert ended.code == 5
    assert ended.complaint == [
        "error: no engine here runs colour-shapes: no such layer",
        "hint: export it again",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--engine", "abacus"], ["--engine 'abacus'", "openvino"]),
        (["--engine", ","], ["--engine names nothing", "opencv"]),
        (["--device", "abacus"], ["--device 'abacus'", "cpu"]),
        (["--input-size", "big"], ["--input-size 'big'", "640"]),
        (["--model", "motion"], ["motion has no network", "models list"]),
        (["--source", "rtsp://example.org/s"], ["is live", "film"]),
    ],
)
def test_bad_options(cli: Cli, trials: Trials, arguments: list[str], words: list[str]) -> None:
    ended = run(cli, *arguments)
    assert ended.code == 2
    assert all(word in " ".join(ended.complaint) for word in words)
    assert not trials.asked


def test_the_built_in_model_for_real(cli: Cli) -> None:
    arguments = ("--model", "colour-shapes", "--engine", "opencv", "--device", "cpu")
    said = cli(*("bench", "engines", *arguments, "--rounds", "1", "--runs", "2", "--json"))
    (row,) = json.loads(said.out)["results"]
    assert row["runs_on"].startswith("OpenCV")
    assert row["agreement"]["recall"] == 1.0
    assert row["agreement"]["reference"] >= 1
    assert 0 < row["infer"] < row["p50"]


def test_engines_side_by_side_for_real(cli: Cli, tmp_path: Path) -> None:
    if "openvino" not in installed_engines():
        pytest.skip("OpenVINO is not installed")
    path = tmp_path / "red.onnx"
    path.write_bytes(red_finder(Layout.COLUMNS))
    arguments = ("--model", path, "--engine", "opencv,openvino", "--device", "cpu")
    said = cli("bench", "engines", *arguments, "--rounds", "1", "--runs", "2", "--json")
    assert [row["problem"] for row in json.loads(said.out)["results"]] == [None, None]
