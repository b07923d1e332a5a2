"""`livesegment run`: a camera, stream or file in; masks on screen, on disk and as JSON out."""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livesegment.cli.console import PEOPLE, PlainConsole, print_toml
from livesegment.cli.options import RunOptions, takes_run_options

if TYPE_CHECKING:  # what it imports takes longer than all of --help
    from livesegment.cli.parts import Parts

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="TOML file of these options.", metavar="FILE")
]
PrintConfig = Annotated[
    bool, typer.Option("--print-config", help="Print the options as a config file and end.")
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only say what goes wrong.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say more.")]


@takes_run_options
def run(
    *,
    config: ConfigFile = None,
    print_config: PrintConfig = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    **flags: Any,
) -> None:
    """Segment a camera, stream or file: show it, record it, write it as JSON."""
    options = chosen(RunOptions(), config, flags)
    if print_config:
        print_toml(options.to_toml())
        return
    raise typer.Exit(start(options, config=config, quiet=quiet, verbose=verbose))


def chosen(options: RunOptions, config: Path | None, flags: dict[str, Any]) -> RunOptions:
    """Defaults, then the config file over them, then what was typed over both."""
    if config is not None:
        options = options.with_values(RunOptions.from_file(config))
    return options.with_values(flags)


def start(
    options: RunOptions,
    *,
    quiet: bool,
    verbose: bool,
    config: Path | None = None,
    given: "Callable[[PlainConsole], Parts] | None" = None,
) -> int:
    """Run to the end.

    Args:
        options: what is asked for.
        quiet: whether only what goes wrong is said.
        verbose: whether more than usual is said.
        config: where some of the options were read from.
        given: makes the parts of the run, where these do not come from the options.

    Returns:
        The exit status: 0, or what a signal asks for.

    Raises:
        LiveSegmentError: something failed; what was recorded is finished all the same.
    """
    from livesegment.cli import outputs

    outputs.check(options, config=config)
    # OpenCV takes longer to import than the rest of the program; --help does without.
    from livesegment.cli.group_run import GroupRun
    from livesegment.cli.live_run import LiveRun

    if verbose:
        logging.getLogger("livesegment").setLevel(logging.INFO)
    live_run: LiveRun | GroupRun
    if given is None and len(options.wanted) > 1:
        live_run = GroupRun(options, PEOPLE, quiet=quiet)
    else:
        live_run = LiveRun(options, PEOPLE, quiet=quiet, given=given(PEOPLE) if given else None)
    caught: list[int] = []
    with _signals(live_run, caught):
        live_run.go()
    return 128 + caught[0] if caught else 0


@contextmanager
def _signals(live_run: Any, caught: list[int]) -> Iterator[None]:
    """While it runs, SIGINT, SIGTERM and SIGHUP end it in good order; a second one at once.

    What is ignored stays ignored: whoever started it, such as nohup, wants it to go on.
    """
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    numbers = [getattr(signal, name) for name in names]
    before: dict[int, Any] = {}

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        if caught:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        caught.append(number)
        live_run.interrupt(terminated=number != signal.SIGINT)

    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
