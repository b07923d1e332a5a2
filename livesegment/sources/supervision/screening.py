"""Whether what a live source shows is worth handing on."""

from enum import Enum

from livesegment.frame import Image
from livesegment.sources.supervision.health import Supervision
from livesegment.sources.supervision.picture_watch import PictureWatch

BLANK = "the picture is blank"


class Verdict(Enum):
    """What is to be thought of a picture."""

    GOOD = "good"
    REFUSED = "refused"
    """Blank, soon after a connect: decoders and cameras begin so. Not to be handed on."""
    BLANK = "blank"
    """Blank for so long that it may be the truth."""
    FROZEN = "frozen"
    """The very same for too long."""


class Screening:
    """Judges each picture of a source, over all connections."""

    def __init__(self, supervision: Supervision) -> None:
        self.seconds = 0.0
        """From the first picture of this connection to the last one."""
        self._settle = supervision.settle
        self._frozen_after = supervision.frozen_after
        self._watch = PictureWatch()
        self._first: float | None = None
        """When the first picture of this connection came; None before."""
        self._settled = False

    def connect(self, *, frozen: bool) -> None:
        """The next picture is the first of a new connection.

        Args:
            frozen: whether it was made because the picture was frozen, and may be so still.
        """
        self.seconds, self._first, self._settled = 0.0, None, False
        if not frozen:
            self._watch.forget()

    def judge(self, image: Image, at: float) -> Verdict:
        """What is to be thought of the next picture, which came at `at` seconds."""
        if self._first is None:
            self._first = at
        self.seconds = at - self._first
        self._watch.look(image, at)
        if self._watch.blank:
            refused = not self._settled and self.seconds < self._settle
            return Verdict.REFUSED if refused else Verdict.BLANK
        self._settled = True
        limit = self._frozen_after
        frozen = limit is not None and self._watch.same_for >= limit
        return Verdict.FROZEN if frozen else Verdict.GOOD
