"""What keys do to a run that is put together from options."""

import pytest

from livesegment.carrying.carried import MAX_AGE, CarriedCarrier
from livesegment.cli import build
from livesegment.cli.console import PlainConsole
from livesegment.cli.live_run import LiveRun
from livesegment.cli.options import RunOptions
from livesegment.frame import Frame
from livesegment.instances import Instances, Segmentation
from livesegment.pipeline.mode import Masks
from livesegment.sinks.base import Ending
from livesegment.sources.synthetic import FPS, Scene
from tests.cli.runner import Cli


def _live_run(options: RunOptions) -> LiveRun:
    return LiveRun(options, PlainConsole(), quiet=True)


def _show(run: LiveRun, index: int, scene: Scene) -> Instances:
    """Let the run's carrier have a frame with its own perfect result."""
    frame = Frame(scene.picture(index / FPS), index, index / FPS, index / FPS)
    carrier, truth = run.channel.presenter.carrier, scene.truth(index / FPS)
    carrier.expect(index)
    carrier.correct(Segmentation(truth, index, frame.captured_at, frame.size))
    return carrier.advance(frame)


def test_a_number_is_never_handed_out_again_when_masks_are_cycled() -> None:
    """Objects that come after carried, held and carried again are none of those before."""
    options = RunOptions(
        source=["synthetic"], model="colour-shapes", realtime=True, window=False, edges="raw"
    )
    run, scene = _live_run(options), Scene()
    first = run.channel.presenter.carrier
    before = [_show(run, index, scene) for index in range(3)][-1]
    assert before.track_ids is not None
    assert sorted(before.track_ids.tolist()) == [1, 2, 3, 4, 5]
    run.channel.controls.press("c")
    assert run.channel.presenter.carrier is not first
    run.channel.controls.press("c")
    assert run.channel.presenter.carrier is first
    other = Scene(shapes=())
    for index in range(300, 303):  # another scene, long after
        _show(run, index, other)
    after = [_show(run, index, scene) for index in range(600, 603)][-1]
    run.channel.presenter.close(Ending.USER)
    assert after.track_ids is not None
    assert len(after) == 5
    assert min(after.track_ids.tolist()) > 5


@pytest.mark.parametrize(
    ("options", "rest"),
    [
        (RunOptions(), 0.0),
        (RunOptions(idle=True), 2.0),
        (RunOptions(idle=True, idle_refresh="10s"), 10.0),
        (RunOptions(segment_rate=0.2), 5.0),
        (RunOptions(segment_rate=0.5, idle=True), 4.0),
    ],
)
def test_no_mask_fades_while_the_network_rests(options: RunOptions, rest: float) -> None:
    carrier = build.carrier(options, Masks.CARRIED)
    assert isinstance(carrier, CarriedCarrier)
    assert carrier._max_age == MAX_AGE + rest


def test_a_demo_of_a_source_of_ones_own_plays_it_as_it_is(cli: Cli) -> None:
    plain = cli("demo", "--print-config", "--window").out
    assert 'source = ["synthetic"]' in plain
    assert "realtime = true" in plain
    own = cli("demo", "--print-config", "--window", "--source", "film.mp4").out
    assert 'source = ["film.mp4"]' in own
    assert "# realtime =" in own
    assert 'model = "colour-shapes"' in own
