"""`livesegment tune`: what is typed, what is printed, what is written."""

import json
from pathlib import Path

import pytest

from livesegment.bench import engines as bench
from livesegment.cli.options import RunOptions
from livesegment.errors import EngineError, LiveSegmentError
from livesegment.segmenters.trial import Setup, Trial
from tests.bench.trials import Trials, trial
from tests.cli.runner import ROOT, Cli, Ended
from tests.fakes import instances


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for the children


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> Trials:
    """Full size takes 0.2 s, anything smaller a tenth of it and finds less."""

    def outcome(setup: Setup) -> Trial | LiveSegmentError:
        small = setup.input_size is not None
        return trial(setup, [0.02 if small else 0.2], found=[instances(3 if small else 4)])

    made = Trials(outcome)
    monkeypatch.setattr(bench, "attempt", made)
    return made


def run(cli: Cli, fps: str, *arguments: str) -> Ended:
    return cli("tune", "--fps", fps, "--model", "colour-shapes", *arguments)


@pytest.mark.usefixtures("trials")
def test_the_setup_is_written_as_a_config_file_that_run_reads(cli: Cli) -> None:
    ended = run(cli, "10")
    assert ended.code == 0
    keys = RunOptions.from_file(Path("tuned.toml"))
    assert keys == {
        "model": "colour-shapes",
        "engine": "opencv",
        "device": "cpu",
        "input_size": "512x384",
        "threads": 1,
    }
    assert "run --config tuned.toml" in ended.out
    assert cli("run", "--config", "tuned.toml", "--print-config").code == 0


@pytest.mark.usefixtures("trials")
def test_full_size_is_written_as_no_size_at_all(cli: Cli) -> None:
    run(cli, "1", "--config", "slow.toml")
    assert "input_size" not in RunOptions.from_file(Path("slow.toml"))


@pytest.mark.usefixtures("trials")
def test_the_table_says_what_was_tried_and_what_was_not(cli: Cli) -> None:
    said = run(cli, "10").out
    rows = [line.split() for line in said.splitlines() if "opencv" in line.split()]
    assert {tuple(row[6:8]) for row in rows if "640x480" in row} == {("no", "4/4")}
    assert [row[0] for row in rows if "512x384" in row][-1] == "*"
    assert [row[7:9] for row in rows if "512x384" in row][-1] == ["yes", "3/4"]


@pytest.mark.usefixtures("trials")
def test_sizes_that_need_not_be_tried_are_named(cli: Cli) -> None:
    assert "not tried, as a larger size holds the rate: 512x384, 416x312" in run(cli, "1").out


@pytest.mark.usefixtures("trials")
def test_where_nothing_holds_the_rate_nothing_is_written(cli: Cli) -> None:
    ended = run(cli, "100")
    assert ended.code == 5
    error, hint = ended.complaint
    assert "nothing holds 100 frames a second: opencv on cpu at" in error
    assert "--fps 42.5 can be held" in hint
    assert not Path("tuned.toml").exists()


def test_where_nothing_runs_it_says_why(cli: Cli, trials: Trials) -> None:
    trials.outcome = lambda _: EngineError("out of memory", hint="buy some")
    ended = run(cli, "10")
    assert ended.code == 5
    assert ended.complaint[0].endswith("no engine here runs colour-shapes: out of memory")
    assert ended.complaint[1] == "hint: buy some"


def test_a_file_is_written_over_by_force_only(cli: Cli, trials: Trials) -> None:
    Path("tuned.toml").write_text("# mine\n", "utf-8")
    ended = run(cli, "10")
    assert ended.code == 2
    assert "--force" in ended.complaint[1]
    assert not trials.asked
    assert run(cli, "10", "--force").code == 0
    assert "mine" not in Path("tuned.toml").read_text("utf-8")


@pytest.mark.usefixtures("trials")
def test_json_is_all_that_goes_to_stdout(cli: Cli) -> None:
    said = json.loads(run(cli, "10", "--json").out)
    assert said["config"] == "tuned.toml"
    assert said["budget"] == pytest.approx(0.085)
    assert said["choice"]["input_size"] == "512x384"
    (taken,) = [row for row in said["results"] if row["taken"]]
    assert (taken["size"], taken["holds"]) == ([512, 384], True)
    assert taken["agreement"]["recall"] == 0.75


@pytest.mark.usefixtures("trials")
def test_json_tells_what_was_tried_where_nothing_holds(cli: Cli) -> None:
    ended = run(cli, "100", "--json")
    said = json.loads(ended.out)
    assert ended.code == 5
    assert (said["choice"], said["config"]) == (None, None)
    assert said["results"]


@pytest.mark.usefixtures("trials")
def test_a_model_of_ones_own_is_written_with_its_whole_path(cli: Cli, own_model: Path) -> None:
    cli("tune", "--fps", "1", "--model", own_model.name)
    keys = RunOptions.from_file(Path("tuned.toml"))
    assert keys["model"] == str(own_model.resolve())


def test_a_model_without_a_network_is_refused(cli: Cli) -> None:
    ended = cli("tune", "--fps", "10", "--model", "motion")
    assert (ended.code, "motion has no network" in ended.complaint[0]) == (2, True)


def test_the_built_in_model_for_real(cli: Cli) -> None:
    ended = run(cli, "0.1", "--runs", "1", "--json")
    said = json.loads(ended.out)
    assert ended.code == 0
    assert said["choice"]["engine"] == "opencv"
    assert RunOptions.from_file(Path("tuned.toml"))["model"] == "colour-shapes"
