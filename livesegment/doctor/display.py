"""Whether a window can be opened; found out by opening one, in a process that may be lost."""

import os
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from livesegment.doctor.child import Ask, Facts, NoAnswerError
from livesegment.doctor.finding import Finding, Topic, fail, ok, warn
from livesegment.sinks.display import why_no_window

FONTS = (Path("/usr/share/fonts/truetype/dejavu"), Path("/usr/share/fonts"))
"""Where Qt finds fonts that the OpenCV wheel left out."""
HEADLESS = "`--headless --record DIR` and `--jsonl FILE` do without"


def findings(
    ask: Ask,
    variables: Mapping[str, str] = os.environ,
    reason: Callable[[], str | None] = why_no_window,
) -> list[Finding]:
    """Rows for the window, and for the fonts in it."""
    server = ", ".join(
        f"${name}={variables[name]}"
        for name in ("DISPLAY", "WAYLAND_DISPLAY")
        if variables.get(name)
    )
    why = reason()
    if why is not None:
        hint = HEADLESS + "; over SSH, ssh -X brings a display along"
        if variables.get("WAYLAND_DISPLAY"):
            hint = "install Xwayland: OpenCV's windows need X; or " + HEADLESS
        return [warn(Topic.DISPLAY, "window", why + (f"; {server}" if server else ""), hint)]
    try:
        ask("display:open_window", seconds=30.0)
    except NoAnswerError as error:
        hint = error.hint or HEADLESS
        return [fail(Topic.DISPLAY, "window", f"opening one {_outcome(error)}", hint)]
    rows = [ok(Topic.DISPLAY, "window", "opens" + (f"; {server}" if server else ""))]
    if sys.platform.startswith("linux") and not _has_fonts():
        hint = "on Debian and Ubuntu: apt-get install fonts-dejavu-core"
        rows.append(warn(Topic.DISPLAY, "fonts", "Qt finds none; it will say so at length", hint))
    return rows


def open_window() -> Facts:
    """In a child: show a picture, as a run does."""
    import cv2
    import numpy as np

    from livesegment.sinks.screen import Screen

    Screen("livesegment doctor", lambda *_: None).show(np.full((90, 160, 3), 127, np.uint8))
    cv2.waitKey(50)
    cv2.destroyAllWindows()
    return {}


def _outcome(error: NoAnswerError) -> str:
    """What follows "opening one"."""
    return f"fails: {error}" if error.kind else str(error)


def _has_fonts() -> bool:
    cv2 = find_spec("cv2")
    shipped = Path(cv2.origin).parent / "qt" / "fonts" if cv2 and cv2.origin else None
    return any(folder.is_dir() for folder in (shipped, *FONTS) if folder is not None)
