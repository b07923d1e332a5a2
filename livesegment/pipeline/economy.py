"""What a run cost, and what it was spared."""

import time
from dataclasses import dataclass

from livesegment.pipeline.meter import Meter
from livesegment.pipeline.pace import Pace


@dataclass(frozen=True, slots=True)
class Economy:
    """The work of a run up to now; counts are frames."""

    captured: int
    skipped: int
    """Above the greatest rate: passed over as they came."""
    segmented: int
    still: int
    """Like the one segmented last."""
    over_rate: int
    """Above the rate of segmentations."""
    shown: int
    seconds: float
    """Since the first frame."""
    busy: float
    """Seconds of these in which a frame was being segmented."""
    cpu: float
    """Seconds of the processor since the first frame, over all threads of the process."""

    @property
    def taken(self) -> int:
        """Frames that there were to be segmented."""
        return self.captured - self.skipped

    @property
    def passed_by(self) -> int:
        """Frames that came while another one was being segmented."""
        return max(0, self.taken - self.segmented - self.still - self.over_rate)

    @property
    def idle(self) -> float:
        """Share of the time in which the network had nothing to do, 0..1."""
        return min(1.0, max(0.0, 1 - self.busy / self.seconds)) if self.seconds > 0 else 0.0

    @property
    def cpu_per_frame(self) -> float:
        """Seconds of the processor for each frame shown."""
        return self.cpu / self.shown if self.shown else 0.0


class Account:
    """Keeps what an `Economy` is made of and nobody else knows."""

    def __init__(self) -> None:
        self.busy = 0.0
        """Seconds spent segmenting; the segment thread adds to them."""
        self._begun: tuple[float, float] | None = None
        """Of the first frame: monotonic time, and seconds of the processor until then."""

    def begin(self) -> None:
        """A frame came; what the run cost before the first one is left out."""
        self._begun = self._begun or (time.monotonic(), time.process_time())

    def economy(self, meter: Meter, pace: Pace) -> Economy:
        """All of it, up to now."""
        now, cpu = time.monotonic(), time.process_time()
        begun, cpu_before = self._begun or (now, cpu)
        return Economy(
            captured=meter.count("capture"),
            skipped=pace.skipped,
            segmented=meter.count("segment"),
            still=pace.still,
            over_rate=pace.over_rate,
            shown=meter.count("shown"),
            seconds=now - begun,
            busy=self.busy,
            cpu=cpu - cpu_before,
        )
