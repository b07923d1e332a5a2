"""What keys change while a run goes on."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from livesegment.compositing.look import Look, Style
from livesegment.instances import Instances
from livesegment.segmenters.base import Segmenter
from livesegment.sessions.timeline import iso

KEYS = (
    ("ESC q", "end"),
    ("space", "pause"),
    (".", "one frame on"),
    ("r", "record on/off"),
    ("s p", "snapshot, p without overlay"),
    ("m", "next style"),
    ("c", "masks carried or held"),
    ("+ -", "score threshold"),
    ("[ ]", "tint"),
    ("1-9", "classes on screen on/off"),
    ("i", "statistics"),
    ("f", "full screen"),
    ("?", "this help"),
)
SCORE_STEP = 0.05
LOWEST_SCORE, HIGHEST_SCORE = 0.05, 0.95
ALPHA_STEP = 0.1
MOST_ADJUSTMENTS = 200
"""That are remembered; the newest."""


class Controls:
    """State that the user's keys change. Belongs to the presenter's thread."""

    def __init__(
        self,
        segmenter: Segmenter,
        look: Look,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Start with nothing changed.

        Args:
            segmenter: whose score threshold is changed.
            look: of the picture at first.
            clock: the time of day, for what is remembered of the changes.
        """
        self.look = look
        self.paused = False
        self.steps = 0
        """Frames to show before pausing again."""
        self.show_statistics = False
        self.show_help = False
        self.message = ""
        """What the last key did."""
        self.actions: dict[str, Callable[[], None]] = {}
        """Keys whose work is done elsewhere: recording, snapshots, full screen."""
        self.settings: dict[str, Callable[[], object]] = {
            "style": lambda: str(self.look.style),
            "alpha": lambda: self.look.alpha,
            "score": lambda: self._segmenter.thresholds.score,
            "hidden_on_screen": lambda: sorted(self._hidden),
        }
        """What keys change, and the manifest of a session tells of."""
        self.adjustments: deque[Mapping[str, Any]] = deque(maxlen=MOST_ADJUSTMENTS)
        """The changes, oldest first."""
        self._clock = clock
        self._segmenter = segmenter
        self._hidden: set[int] = set()
        self._on_screen: list[int] = []

    @property
    def state(self) -> tuple[object, ...]:
        """All that changes how a picture looks."""
        shown = self.show_statistics, self.show_help, self.message
        return self.look, frozenset(self._hidden), *shown

    def press(self, key: str) -> None:
        """Do what a key asks for; unknown keys do nothing."""
        before = {name: value() for name, value in self.settings.items()}
        self._do(key)
        for name, value in self.settings.items():
            if (now := value()) != before[name]:
                change = {"name": name, "before": before[name], "value": now}
                self.adjustments.append({"time": iso(self._clock()), **change})

    def _do(self, key: str) -> None:
        self.message = ""
        if key in self.actions:
            self.actions[key]()
        elif key == " ":
            self.paused, self.steps = not self.paused, 0
        elif key == ".":
            self.paused, self.steps = True, self.steps + 1
        elif key == "m":
            styles = list(Style)
            style = styles[(styles.index(self.look.style) + 1) % len(styles)]
            self.look = replace(self.look, style=style)
            self.message = f"style: {style}"
        elif key in {"+", "=", "-"}:
            self._change_score(-SCORE_STEP if key == "-" else SCORE_STEP)
        elif key in {"[", "]"}:
            alpha = self.look.alpha + (ALPHA_STEP if key == "]" else -ALPHA_STEP)
            self.look = replace(self.look, alpha=round(min(1.0, max(0.0, alpha)), 2))
            self.message = f"tint: {self.look.alpha:g}"
        elif key in "123456789" and int(key) <= len(self._on_screen):
            self._hidden ^= {self._on_screen[int(key) - 1]}
        elif key == "i":
            self.show_statistics = not self.show_statistics
        elif key == "?":
            self.show_help = not self.show_help

    def visible(self, instances: Instances) -> Instances:
        """Those whose class is not hidden; classes are numbered as they were first seen."""
        for class_id in instances.class_ids.tolist():
            if class_id not in self._on_screen and len(self._on_screen) < 9:
                self._on_screen.append(class_id)
        if not self._hidden:
            return instances
        return instances.take(~np.isin(instances.class_ids, list(self._hidden)))

    def legend(self, names: Sequence[str]) -> list[str]:
        """The numbered classes, for the help."""
        rows = []
        for number, class_id in enumerate(self._on_screen, 1):
            name = names[class_id] if class_id < len(names) else f"class {class_id}"
            rows.append(f"{number}\t{name}" + (" (hidden)" if class_id in self._hidden else ""))
        return rows

    def _change_score(self, step: float) -> None:
        thresholds = self._segmenter.thresholds
        wanted = min(HIGHEST_SCORE, max(LOWEST_SCORE, thresholds.score + step))
        if (wanted - thresholds.score) * step <= 0:  # set beyond the bounds by an option
            wanted = thresholds.score
        score = round(wanted, 2)
        self._segmenter.thresholds = replace(thresholds, score=score)
        self.message = f"score above {score:g}"
