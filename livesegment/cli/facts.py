"""What the manifest of a session says of the run that made it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from livesegment.cli.health_lines import as_row
from livesegment.cli.options import RunOptions
from livesegment.families.base import Thresholds
from livesegment.pipeline.economy import Economy
from livesegment.sources.supervision.health import Supervised

MOST_STATES = 200
"""That the manifest tells of; the newest."""


def limits(thresholds: Thresholds, classes: str | None) -> Mapping[str, Any]:
    """What was kept of what was found; `classes` as they were typed."""
    return {
        "score": thresholds.score,
        "mask": thresholds.mask,
        "nms": thresholds.nms,
        "max_instances": thresholds.max_instances,
        "classes": classes,
    }


def compute(options: RunOptions, economy: Economy) -> Mapping[str, Any]:
    """What was asked of the processor, and what it did."""
    return {
        "max_fps": options.max_fps,
        "segment_rate": options.segment_rate,
        "idle": bool(options.idle),
        "roi": options.roi,
        "skipped": economy.skipped,
        "segmented": economy.segmented,
        "still": economy.still,
        "over_rate": economy.over_rate,
        "network_idle": round(economy.idle, 4),
        "cpu_seconds": round(economy.cpu, 3),
        "cpu_seconds_per_frame": round(economy.cpu_per_frame, 5),
    }


def health(source: Supervised | None) -> Mapping[str, Any]:
    """How a live source was, and what of it was not handed on; empty for others."""
    if source is None:
        return {}
    info = source.info
    return {
        "health": [as_row(one) for one in list(source.changes)[-MOST_STATES:]],
        "capture": {"opened": info.description if info else None, **asdict(source.tally)},
    }


def connections(source: Supervised) -> str:
    """How often it was connected, in words."""
    count = source.tally.connects
    return f"connected {'once' if count == 1 else f'{count} times'}"
