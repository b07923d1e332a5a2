"""`livesegment cameras`: what can be opened, with sizes and rates."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livesegment.cli.console import print_json, say, tables
from livesegment.sources.cameras.listing import IN_CONTAINERS, LINUX, WITHOUT, Camera, cameras

if TYPE_CHECKING:
    from livesegment.sources.cameras.v4l2 import Device, Mode

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Print every size and rate.")]


def list_cameras(*, as_json: Json = False, verbose: Verbose = False) -> None:
    """List the cameras: what to type for each, and the sizes and rates it gives.

    A camera's number depends on the order of plugging in. Its path under /dev/v4l/by-id stays the
    same, and so does its name: --camera takes each of them.
    """
    found = cameras(LINUX) if sys.platform.startswith("linux") else _tried()
    if as_json:
        print_json([_facts(*row) for row in found])
        return
    if not found:
        say(f"no camera was found: plug one in; {IN_CONTAINERS}. {WITHOUT}")
        return
    _print(found, verbose)


def _tried() -> "list[tuple[Camera, Device | None]]":
    """Where the system has no list that can be read without more, the first numbers are opened."""
    from livesegment.doctor.cameras import numbered
    from livesegment.doctor.child import ask

    say("opening camera after camera: this takes some seconds")
    return numbered(ask)


def _facts(camera: Camera, device: "Device | None") -> dict[str, Any]:
    modes = device.modes if device else ()
    return {
        "number": camera.number,
        "path": camera.path or None,
        "name": camera.name or (device.card if device else ""),
        "stable_path": camera.stable or None,
        "driver": device.driver if device else None,
        "bus": device.bus if device else None,
        "opens": device is not None,
        "modes": [
            {"format": mode.format, "size": list(mode.size), "fps": list(mode.rates)}
            for mode in modes
        ],
    }


def _print(found: "Sequence[tuple[Camera, Device | None]]", verbose: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("--camera", "", box=None)
    for camera, device in found:
        # All below the name: stable paths are too long for a column of their own.
        words = Text(camera.name or (device.card if device else "") or "a camera", "bold")
        for line in (camera.path, camera.stable, device.bus if device and verbose else ""):
            if line:
                words.append(f"\n{line}", "not bold dim")
        for line in _modes(device, verbose):
            words.append(f"\n{line}", "not bold")
        words.overflow = "fold"
        table.add_row(str(camera.number), words)
    tables().print(table)


def _modes(device: "Device | None", verbose: bool) -> list[str]:
    from livesegment.sources.cameras.camera_mode import READABLE, Wish, choose, readable, told

    if device is None:
        return ["cannot be opened: `livesegment doctor` tells why"]
    if not device.modes:
        return ["its driver does not say"]
    if verbose:
        return [
            told(mode.format, mode.size, None)
            + (f" at {', '.join(f'{rate:g}' for rate in mode.rates)} fps" if mode.rates else "")
            + ("" if mode.format in READABLE else " (not read by OpenCV)")
            for mode in device.modes
        ]
    usable = readable(device.modes)
    if not usable:
        return ["nothing that OpenCV reads: see -v"]
    usual = choose(usable, Wish())
    best: dict[str, Mode] = {}
    for mode in usable:
        known = best.setdefault(mode.format, mode)
        if mode.size[0] * mode.size[1] > known.size[0] * known.size[1]:
            best[mode.format] = mode
    lines = [told(mode.format, mode.size, max(mode.rates, default=None)) for mode in best.values()]
    return [f"{usual} (default)", *(line for line in lines if line != str(usual))]
