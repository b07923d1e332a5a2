"""Several sources in one run: each with its session, none in another's way."""

import json
import threading
from pathlib import Path

from livesegment.cli.console import PlainConsole
from livesegment.cli.group_run import GroupRun
from livesegment.cli.options import RunOptions
from livesegment.cli.source_options import Wanted
from livesegment.pipeline.group import MemberState
from livesegment.sinks.base import Ending
from livesegment.threads.worker import Worker
from tests.cli.runner import Cli
from tests.fakes import CEILING
from tests.sources.films import film

RUN = ("run", "--model", "motion", "--headless", "--realtime", "--min-free", "0")
BOTH = (*RUN, "--source", "synthetic", "--source", "synthetic")


def test_each_source_has_a_session_of_its_own(cli: Cli, tmp_path: Path) -> None:
    ended = cli(*BOTH, "--max-frames", "10", "--record", tmp_path / "s")
    assert ended.code == 0, ended.err
    manifests = [json.loads(path.read_text()) for path in tmp_path.glob("s/*/manifest.json")]
    assert sorted(one["source"] for one in manifests) == ["synthetic", "synthetic (2)"]
    assert {one["state"] for one in manifests} == {"finished"}
    assert ended.err.count("recorded ") == 2


def test_each_json_line_names_its_source(cli: Cli) -> None:
    ended = cli(*BOTH, "--max-frames", "5", "--jsonl", "-", "-q")
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert {row["source"] for row in rows} == {"synthetic", "synthetic (2)"}


def test_one_that_fails_ends_alone_and_counts_at_the_end(cli: Cli, tmp_path: Path) -> None:
    broken = tmp_path / "broken.avi"
    broken.write_bytes(b"RIFF of nothing")
    good = film(tmp_path / "good.avi", 20)
    options = ("run", "--model", "motion", "--headless", "--jsonl", "-", "-q")
    ended = cli(*options, "--source", broken, "--source", good)
    assert ended.code == 3
    assert "broken.avi" in ended.complaint[0]
    assert len(ended.out.splitlines()) == 20


def test_sources_come_and_go_while_it_runs(tmp_path: Path) -> None:
    options = RunOptions(
        source=["synthetic", "synthetic"],
        model="motion",
        realtime=True,
        window=False,
        jsonl=str(tmp_path / "lines.jsonl"),
    )
    run = GroupRun(options, PlainConsole(), quiet=True)

    def go() -> None:
        run.go()

    worker = Worker("test-group", go)
    worker.start()
    nobody = threading.Event()
    while len(run.members) < 2 and worker.is_alive():
        nobody.wait(0.01)
    added = run.add(Wanted("synthetic", name="third"))
    run.remove("synthetic (2)")
    assert [member.name for member in run.members if member.name != "synthetic"] == ["third"]
    run.interrupt(terminated=False)
    assert worker.stop(CEILING)
    assert worker.error is None
    assert added.state is MemberState.ENDED
    assert added.run.ending is Ending.INTERRUPTED
