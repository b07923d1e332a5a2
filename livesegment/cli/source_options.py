"""The options that say where the frames come from, and how live sources are kept alive."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from livesegment.cli.declared import option
from livesegment.cli.values import index, shortened
from livesegment.errors import SpecError, UsageError
from livesegment.spec import unknown_key

SOURCE = "Source"
LIVE = "Live sources"

KEYS = ("name", "source", "camera")
"""Of a [[source]] table in a config file."""
FOREVER = 2**31
"""Tries that never come to their end."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One source that is asked for."""

    text: str
    """As typed."""
    name: str | None = None
    """What it is to be called; None: by what it is."""
    is_camera: bool = False


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """Where the frames of a run come from; a part of `RunOptions`."""

    camera: Annotated[
        list[str] | None,
        option(
            SOURCE,
            "Number, path or (part of) the name of a camera; see `livesegment cameras`. May be "
            "given several times, as --source may.",
            metavar="N|NAME",
        ),
    ] = None
    source: Annotated[
        list[str] | None,
        option(
            SOURCE,
            "File, folder, 'glob', URL (rtsp, http, udp, ...), - for stdin, or synthetic. "
            "Several sources are shown side by side.",
            metavar="WHAT",
        ),
    ] = None
    credentials: Annotated[
        str | None,
        option(
            SOURCE,
            "netrc file with the users and passwords of URLs that name none; only you may be able "
            "to read it. ${NAME} within a URL stands for an environment variable.",
            metavar="FILE",
        ),
    ] = None
    rtsp_transport: Annotated[
        str, option(LIVE, "How RTSP brings its pictures.", metavar="tcp|udp")
    ] = "tcp"
    retry: Annotated[
        str | None,
        option(
            LIVE,
            "End after so many failed tries in a row to open a live source. If not set: a few at "
            "the start, and forever once it was live.",
            metavar="N|forever",
        ),
    ] = None
    max_age: Annotated[
        str | None,
        option(LIVE, "Leave out frames that are older, such as 500ms.", metavar="TIME"),
    ] = None
    frozen_after: Annotated[
        str,
        option(LIVE, "The very same picture for this long is frozen; 0s: never.", metavar="TIME"),
    ] = "10s"
    on_frozen: Annotated[
        str, option(LIVE, "What is done then, besides saying so.", metavar="warn|reconnect")
    ] = "warn"
    camera_size: Annotated[
        str | None, option(LIVE, "Size wanted of a camera; else up to 1280x720.", metavar="WxH")
    ] = None
    camera_fps: Annotated[
        float | None, option(LIVE, "Frames a second wanted of a camera.", min=1, max=1000)
    ] = None
    camera_format: Annotated[
        str | None,
        option(
            LIVE,
            "Pixel format wanted of a camera; else whichever gives the rate.",
            metavar="MJPG|YUYV|...",
        ),
    ] = None

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        """The sources that are asked for, cameras first; empty where none is named."""
        cameras = [_wanted(one, is_camera=True) for one in self.camera or ()]
        return (*cameras, *(_wanted(one, is_camera=False) for one in self.source or ()))


def _wanted(one: str | Mapping[str, Any], *, is_camera: bool) -> Wanted:
    if isinstance(one, str):
        return Wanted(one, is_camera=is_camera)
    camera = one.get("camera")
    return Wanted(
        str(one["source"] if camera is None else camera), one.get("name"), camera is not None
    )


def source_rows(value: Any, origin: str) -> list[Any]:
    """What a config file says under `source`: a string, strings, or [[source]] tables.

    Raises:
        SpecError: it is none of these, or a table has not just one of source and camera.
    """
    rows = value if isinstance(value, list) else [value]
    for row in rows:
        if isinstance(row, str):
            continue
        if not isinstance(row, dict):
            raise SpecError(
                f"{origin}: source must be a string, a list of strings, or [[source]] tables, "
                f"got {value!r}"
            )
        for key, content in row.items():
            if key not in KEYS:
                raise unknown_key(key, KEYS, f"{origin}: [[source]]")
            if not isinstance(content, str) or not content:
                raise SpecError(f"{origin}: [[source]] {key} must be a string, got {content!r}")
        if ("source" in row) == ("camera" in row):
            raise SpecError(
                f"{origin}: [[source]] wants either source or camera",
                hint='such as:  [[source]]  name = "door"  source = "rtsp://192.168.1.20/live"',
            )
    return rows


def tries(text: str | None) -> int | None:
    """How many tries in a row --retry asks for; None where it does not say.

    Raises:
        UsageError: it is no number, and not forever.
    """
    if text is None:
        return None
    if text.strip().lower() in {"forever", "inf", "endless"}:
        return FOREVER
    if not (count := index(text.strip())):
        raise UsageError(
            f"--retry {shortened(text)} is no number of tries", hint="such as 5, or forever"
        )
    return count
