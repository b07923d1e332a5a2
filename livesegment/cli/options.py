"""The options of `run` and `demo`: declared once, for flags, config files and --print-config.

Each field of `RunOptions` is a flag (`mask_threshold` is `--mask-threshold`) and a key of a config
file. Its bounds stand in its annotation and hold for both.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Self, get_type_hints

import typer

from livesegment.cli.confidential import CommandLine, Confidential, WebhookUrl
from livesegment.cli.declared import check, option, takes
from livesegment.cli.model_options import ModelOptions
from livesegment.cli.source_options import SourceOptions, source_rows
from livesegment.sources.addresses.address import LEFT_OUT, shareable
from livesegment.sources.addresses.secret import HIDDEN
from livesegment.sources.addresses.url import is_url, redact_urls
from livesegment.spec import read_toml, unknown_key

PICTURE = "Picture"
OUTPUT = "Output"
RECORDING = "Recording"
EVENTS = "Events"
PACE = "Pace and end"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions(ModelOptions, SourceOptions):
    """What a run is asked to do."""

    masks: Annotated[
        str | None,
        option(
            PICTURE,
            "carried: the newest masks, moved along with what they show (default when live). "
            "held: the newest masks where they were. "
            "exact: each frame waits for its own (default for files).",
            metavar="carried|held|exact",
        ),
    ] = None
    carry: Annotated[
        str,
        option(
            PICTURE,
            "How finely carried masks follow motion; auto keeps within the time there is.",
            metavar="lo|mid|hi|auto",
        ),
    ] = "auto"
    edges: Annotated[
        str,
        option(
            PICTURE,
            "Masks drawn to the picture's edges in one or two ms an object (fast) or six (fine); "
            "raw: as the network gives them.",
            metavar="fast|fine|raw",
        ),
    ] = "fast"
    style: Annotated[
        str,
        option(
            PICTURE,
            "fill, contour, cutout, blur-background, replace-background or blur-objects.",
        ),
    ] = "fill"
    alpha: Annotated[float, option(PICTURE, "Strength of the tint.", min=0, max=1)] = 0.6
    background: Annotated[
        str | None, option(PICTURE, "Picture for replace-background.", metavar="FILE")
    ] = None
    jsonl: Annotated[
        str | None,
        option(OUTPUT, "One JSON object a frame; - is standard output.", metavar="FILE"),
    ] = None
    overwrite: Annotated[
        bool | None,
        typer.Option(
            "--overwrite",
            help="Let --jsonl replace a file that holds no JSON lines.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    window: Annotated[
        bool | None,
        typer.Option(
            "--window/--headless",
            help="Default: a window where there is a display.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    record: Annotated[
        str | None,
        option(RECORDING, "Record; a session folder is made inside DIR.", metavar="DIR"),
    ] = None
    record_raw: Annotated[
        bool | None,
        typer.Option(
            "--record-raw/--no-record-raw",
            help="Record the camera's own picture too: `sessions replay` draws on it anew.",
            rich_help_panel=RECORDING,
        ),
    ] = None
    codec: Annotated[
        str,
        option(
            RECORDING,
            "h264 (wants the h264 extra), mpeg4 or mjpeg. auto: the first of these that works.",
            metavar="NAME",
        ),
    ] = "auto"
    segment_length: Annotated[
        str | None,
        option(RECORDING, "A new video file after this; 5m when live, if not set.", metavar="TIME"),
    ] = None
    min_free: Annotated[
        str, option(RECORDING, "End the recording while this is free on the disk.", metavar="SIZE")
    ] = "1GB"
    keep: Annotated[
        str | None,
        option(RECORDING, "Remove recordings in DIR that are older, such as 7d.", metavar="TIME"),
    ] = None
    keep_size: Annotated[
        str | None,
        option(
            RECORDING,
            "Remove the oldest while those in DIR take more, such as 50GB.",
            metavar="SIZE",
        ),
    ] = None
    on: Annotated[
        list[str] | None,
        option(
            EVENTS,
            "Record a clip while this holds, such as 'person>=1 for 2s' or 'area(car)>0.2', "
            "instead of everything; may be given several times.",
            metavar="CONDITION",
        ),
    ] = None
    record_all: Annotated[
        bool | None,
        typer.Option(
            "--record-all/--clips-only",
            help="With --on: record everything as well.",
            rich_help_panel=EVENTS,
        ),
    ] = None
    pre_roll: Annotated[
        str, option(EVENTS, "A clip begins so long before its event; 0s: with it.", metavar="TIME")
    ] = "10s"
    post_roll: Annotated[
        str, option(EVENTS, "A clip goes on so long after its event.", metavar="TIME")
    ] = "5s"
    exec: Annotated[
        CommandLine | None,
        option(
            EVENTS,
            "Run this for every event, told of it as JSON on stdin.",
            metavar="COMMAND",
            parser=CommandLine,
        ),
    ] = None
    webhook: Annotated[
        WebhookUrl | None,
        option(EVENTS, "POST every event there as JSON.", metavar="URL", parser=WebhookUrl),
    ] = None
    realtime: Annotated[
        bool | None,
        typer.Option(
            "--realtime", help="Play a file at its own rate, as a camera.", rich_help_panel=PACE
        ),
    ] = None
    fps: Annotated[
        float | None, option(PACE, "Rate of files and pictures.", min=0.01, max=1000)
    ] = None
    loop: Annotated[
        bool | None,
        typer.Option("--loop", help="Start a file again at its end.", rich_help_panel=PACE),
    ] = None
    max_frames: Annotated[
        int | None, option(PACE, "End after so many frames.", min=1, metavar="N")
    ] = None
    duration: Annotated[
        str | None, option(PACE, "End after 30s, 5m, 2h of the source.", metavar="TIME")
    ] = None
    stats_interval: Annotated[str, option(PACE, "Between lines of statistics.", metavar="TIME")] = (
        "5s"
    )

    @classmethod
    def from_file(cls, path: Path) -> dict[str, Any]:
        """The options that a TOML file sets.

        Raises:
            SpecError: it cannot be read, or sets something no flag can.
        """
        known = {field.name: field for field in fields(cls)}
        hints = get_type_hints(cls, include_extras=True)
        table = read_toml(path)
        for key, value in table.items():
            if key not in known:
                raise unknown_key(key, known, str(path))
            if key == "source":
                table[key] = source_rows(value, str(path))
            else:
                table[key] = check(key, value, hints[key], str(path))
        return table

    def with_values(self, values: Mapping[str, Any]) -> Self:
        """These options with some of them set; None is not set."""
        return replace(self, **{key: value for key, value in values.items() if value is not None})

    def to_toml(self) -> str:
        """A config file that sets all of this; what has no value is a comment."""
        rows = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None:
                rows.append(f"# {field.name} =")
                continue
            shown = _shareable(value)
            if HIDDEN in str(shown):
                rows.append(f"# {value.hint if isinstance(value, Confidential) else LEFT_OUT}")
            rows.append(f"{field.name} = {_toml(shown)}")
        return "\n".join(rows) + "\n"


def _shareable(value: Any) -> Any:
    """A value as a config file may have it, which others may come to read."""
    if isinstance(value, Confidential):
        return value.shown
    if isinstance(value, str):
        return shareable(value) if is_url(value) else redact_urls(value)
    if isinstance(value, Mapping):
        return {key: _shareable(one) for key, one in value.items()}
    return [_shareable(one) for one in value] if isinstance(value, list) else value


def _toml(value: Any) -> str:
    """A value as TOML has it."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_toml(one)}' for key, one in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


takes_run_options = takes(RunOptions)
"""Gives a command every field of `RunOptions` as an option; see `takes`."""
