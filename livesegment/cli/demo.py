"""`livesegment demo`: the main job with no camera, no network and no weights."""

from typing import Any

import typer

from livesegment.cli.console import PEOPLE, print_toml
from livesegment.cli.options import RunOptions, takes_run_options
from livesegment.cli.run import ConfigFile, PrintConfig, Quiet, Verbose, chosen, start

HEADLESS_DURATION = "10s"
NEXT = """
What to try next:
  livesegment --camera 0 --model motion           your webcam; finds what moves, needs no weights
  livesegment models pull mask-rcnn-inception-v2-coco
  livesegment --camera 0                          your webcam; people, cars and 88 other things
  livesegment --source VIDEO --model YOURS.onnx   a file, with a YOLO segmentation model of yours
  livesegment run --help                          everything else"""


@takes_run_options
def demo(
    *,
    config: ConfigFile = None,
    print_config: PrintConfig = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    **flags: Any,
) -> None:
    """Show it at work: a built-in model on a made-up scene; records where there is no display."""
    options = chosen(RunOptions(model="colour-shapes"), config, flags)
    if options.camera is None and options.source is None:
        options = options.with_values({"source": ["synthetic"], "realtime": True})
    if options.window is not True and options.record is None and options.jsonl is None:
        from livesegment.sinks.display import why_no_window

        if options.window is False or why_no_window() is not None:
            options = options.with_values(
                {"record": "sessions", "duration": options.duration or HEADLESS_DURATION}
            )
    if print_config:
        print_toml(options.to_toml())
        return
    code = start(options, config=config, quiet=quiet, verbose=verbose)
    if not quiet:
        PEOPLE.print(NEXT, soft_wrap=True)
    raise typer.Exit(code)
