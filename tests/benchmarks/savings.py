"""What --idle, --segment-rate and --roi save, before a still scene and a moving one.

    python -m tests.benchmarks.savings [--seconds 6] [--model NAME|FILE] [--masks carried|held]

A made-up scene is played at 30 frames a second with the noise of a sensor, first frozen, then
moving, through the program's own pipeline without a window. Printed for each are the frames that
were segmented as a share of all, the time that the network rested, and the seconds of CPU a frame
shown, as such and against the run without options. All frames are made beforehand.
"""

import argparse
import time

import numpy as np

from livesegment.carrying.carried import MAX_AGE, CarriedCarrier
from livesegment.carrying.hold import HoldCarrier
from livesegment.compositing.look import Look
from livesegment.families.base import Thresholds
from livesegment.frame import Frame, Image
from livesegment.pipeline.controls import Controls
from livesegment.pipeline.economy import Economy
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.mode import Masks
from livesegment.pipeline.pace import REFRESH, Pace
from livesegment.pipeline.pipeline import Pipeline
from livesegment.pipeline.presenter import Presenter
from livesegment.segmenters.base import Segmenter
from livesegment.segmenters.gate import StillScene
from livesegment.segmenters.load import load_segmenter
from livesegment.segmenters.region import Region, RegionSegmenter
from livesegment.sources.base import SourceInfo
from livesegment.sources.realtime import RealtimeSource
from livesegment.sources.synthetic import FPS, SIZE, Scene
from livesegment.store import find_model

NOISE = 4.0
"""Standard deviation of the sensor's noise, grey levels."""
RATE = 5.0
REGION = "0%,0%,50%,50%"


class Film:
    """Frames made beforehand, as fast as they are wanted."""

    is_live = False
    name = "film"

    def __init__(self, pictures: list[Image]) -> None:
        self._pictures = pictures
        self._index = 0

    def open(self) -> SourceInfo:
        """Nothing to open."""
        return SourceInfo(SIZE, FPS)

    def read(self) -> Frame | None:
        """The next frame."""
        index, self._index = self._index, self._index + 1
        if index == len(self._pictures):
            return None
        return Frame(self._pictures[index], index, time.monotonic(), index / FPS)

    def interrupt(self) -> None:
        """Let no more frames come."""
        self._index = len(self._pictures)

    def close(self) -> None:
        """Nothing is held open."""


def pictures(seconds: float, *, still: bool) -> list[Image]:
    """The scene before a noisy sensor."""
    scene, noise = Scene(), np.random.default_rng(0)
    count = round(seconds * FPS)
    seen = (scene.picture(1.0 if still else i / FPS) for i in range(count))
    return [
        np.clip(image + noise.normal(0, NOISE, image.shape), 0, 255).astype(np.uint8)
        for image in seen
    ]


def play(film: list[Image], segmenter: Segmenter, pace: Pace, masks: Masks) -> Economy:
    """One run, and what it cost."""
    meter = Meter()
    longest = REFRESH + 1 / RATE
    carrier = HoldCarrier() if masks is Masks.HELD else CarriedCarrier(max_age=MAX_AGE + longest)
    controls = Controls(segmenter, Look())
    presenter = Presenter(carrier, controls, [], meter, labels=segmenter.labels)
    source = RealtimeSource(Film(film))
    pipeline = Pipeline(source, segmenter, presenter, meter, masks=masks, pace=pace)
    pipeline.run()
    return pipeline.economy


def main() -> None:
    """Run all of them and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--model", default="colour-shapes")
    parser.add_argument("--masks", choices=["carried", "held"], default="carried")
    given = parser.parse_args()
    whole = load_segmenter(find_model(given.model), Thresholds())
    whole.warm_up()
    part = RegionSegmenter(whole, Region.parse(REGION))
    print(f"{'scene':8}{'options':28}{'segmented':>10}{'at rest':>9}{'CPU ms':>9}{'CPU':>7}")
    for still in (True, False):
        film = pictures(given.seconds, still=still)
        plain = 0.0
        for name, segmenter, pace in (
            ("none", whole, Pace()),
            ("--idle", whole, Pace(gate=StillScene())),
            (f"--segment-rate {RATE:g}", whole, Pace(segment_rate=RATE)),
            (f"--roi {REGION}", part, Pace()),
            ("--idle and --segment-rate", whole, Pace(segment_rate=RATE, gate=StillScene())),
        ):
            economy = play(film, segmenter, pace, Masks(given.masks))
            plain = plain or economy.cpu_per_frame
            print(
                f"{'still' if still else 'moving':8}{name:28}"
                f"{economy.segmented / max(1, economy.taken):>10.0%}{economy.idle:>9.0%}"
                f"{1000 * economy.cpu_per_frame:>9.1f}{economy.cpu_per_frame / plain:>7.2f}"
            )


if __name__ == "__main__":
    main()
