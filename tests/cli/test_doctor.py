"""`livesegment doctor`: what is printed, and the status it ends with."""

import json
from pathlib import Path

import pytest

from livesegment.doctor.finding import Finding, Topic, fail, ok, warn
from livesegment.errors import ExitCode
from tests.cli.runner import Cli, spawn

pytestmark = pytest.mark.wheel
SECONDS = 240
"""Until a machine that is busy has looked at everything."""

WELL = [ok(Topic.PYTHON, "Python", "3.11"), warn(Topic.CAMERAS, "camera", "none", "plug one in")]


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What is found; a test adds to it."""
    found = list(WELL)
    monkeypatch.setattr("livesegment.doctor.examination.examine", lambda *_: found)
    return found


def test_rows_come_under_their_topics_with_what_to_type(cli: Cli, finds: list[Finding]) -> None:
    ended = cli("doctor")
    assert ended.code == ExitCode.OK
    assert [line.strip() for line in ended.out.splitlines()] == [
        "python",
        "ok  Python: 3.11",
        "cameras",
        "warn  camera: none",
        "hint: plug one in",
        "1 ok, 1 warn, 0 fail",
    ]


def test_json_has_every_row(cli: Cli, finds: list[Finding]) -> None:
    said = json.loads(cli("doctor", "--json").out)
    assert said["version"]
    assert said["findings"][1] == {
        "topic": "cameras",
        "name": "camera",
        "verdict": "warn",
        "says": "none",
        "hint": "plug one in",
    }


@pytest.mark.parametrize("arguments", [[], ["--json"]], ids=["table", "json"])
@pytest.mark.parametrize(
    ("topic", "code"), [(Topic.ENGINES, 5), (Topic.MODELS, 4), (Topic.RECORDING, 6)]
)
def test_a_failure_has_the_status_of_its_topic(
    cli: Cli, finds: list[Finding], topic: Topic, code: int, arguments: list[str]
) -> None:
    finds.append(fail(topic, "something", "broken", "mend it"))
    assert cli("doctor", *arguments).code == code


def test_brackets_in_what_was_found_are_no_markup(cli: Cli, finds: list[Finding]) -> None:
    finds.append(warn(Topic.ENGINES, "cuda", "none", "pip install 'onnxruntime-gpu[cuda,cudnn]'"))
    assert "pip install 'onnxruntime-gpu[cuda,cudnn]'" in cli("doctor").out


def test_the_help_says_what_the_status_means(cli: Cli) -> None:
    said = " ".join(cli("doctor", "--help").out.split())
    assert "status is 0 where no row says fail" in said


def test_the_real_command_prints_json_and_nothing_else(tmp_path: Path) -> None:
    child = spawn("doctor", "--json", folder=tmp_path)
    out, err = child.communicate(timeout=SECONDS)
    said = json.loads(out)
    assert not err
    topics = list(dict.fromkeys(row["topic"] for row in said["findings"]))
    assert topics == [str(topic) for topic in Topic]
    rows = {row["name"]: row for row in said["findings"]}
    for name in ("Python", "import cv2", "opencv, cpu", "MPEG-4 in .mkv", "colour-shapes"):
        assert rows[name]["verdict"] == "ok", rows[name]
    failed = any(row["verdict"] == "fail" for row in said["findings"])
    assert (child.returncode == 0) is not failed
