"""The JSON Schemas (draft 2020-12) of what is in a session's folder."""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["manifest", "frame", "event"]
KINDS: tuple[Kind, ...] = ("manifest", "frame", "event")
"""manifest.json, a line of frames.jsonl, a line of events.jsonl."""


@cache
def schema(kind: Kind) -> dict[str, Any]:
    """The schema of one of `KINDS`, for a validator of the reader's choice."""
    text = (files("livesegment.sessions") / "schemas" / f"{kind}.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
