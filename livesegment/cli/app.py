"""The command line: what there is, and how every failure ends."""

import inspect
import logging
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from livesegment import __version__
from livesegment.cli import bench, cameras, demo, doctor, models, run, sessions, tune
from livesegment.cli.confidential import hide_paths
from livesegment.cli.console import PEOPLE, LogWords, print_line, shown
from livesegment.cli.declared import confidential, strict
from livesegment.cli.options import RunOptions
from livesegment.cli.process_title import hide_passwords
from livesegment.cli.redaction import Redaction, broken_down, watch_breakdowns
from livesegment.cli.streams import standing
from livesegment.errors import ExitCode, LiveSegmentError
from livesegment.sources.addresses.address import remember
from livesegment.sources.addresses.url import redact


class Discreet(TyperGroup):
    """Commands whose errors of usage quote what was typed: clean, and but for its secrets."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read the arguments; see `Command.make_context`."""
        with _discreet():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; see `Command.invoke`."""
        with _discreet():
            return super().invoke(ctx)


@contextmanager
def _discreet() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if isinstance(message := getattr(error, "message", None), str):  # of usage, by Typer
            vars(error)["message"] = shown(redact(hide_paths(message)))
        raise


app = typer.Typer(
    cls=Discreet,
    name="livesegment",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`livesegment --camera 0` is short for `livesegment run --camera 0`.",
)
app.command("run")(run.run)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("cameras")(cameras.list_cameras)
app.add_typer(models.app, name="models")
app.add_typer(sessions.app, name="sessions")
app.add_typer(bench.app, name="bench")
app.command("tune")(tune.tune)


def _flow(group: typer.Typer) -> None:
    """See to every command: its numbers, and its help, whose lines the terminal is to break."""
    for command in group.registered_commands:
        paragraphs = (inspect.getdoc(command.callback) or "").split("\n\n")
        command.help = "\n\n".join(" ".join(text.split()) for text in paragraphs)
        if command.callback is not None:
            strict(command.callback)
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            _flow(inner.typer_instance)


_flow(app)


def _version(wanted: bool) -> None:
    if wanted:
        print_line(f"livesegment {__version__}")
        raise typer.Exit


@app.callback()
def livesegment(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show it and end."),
    ] = False,
) -> None:
    """Live instance segmentation: every object of a camera, stream or file, outlined."""
    del version


def with_default_command(arguments: Sequence[str]) -> list[str]:
    """The arguments with `run` put in front where no command is named."""
    alone = {"-h", "--help", "--version", "--install-completion", "--show-completion"}
    if not arguments or arguments[0] in alone or not arguments[0].startswith("-"):
        return list(arguments)
    return ["run", *arguments]


def main() -> None:
    """Run the command line; the one place that turns an error into an exit status."""
    hide_passwords(confidential(RunOptions))
    for argument in sys.argv[1:]:
        remember(argument)
    # Numpy's algebra has threads that spin for tens of milliseconds after every product, on the
    # cores that the network needs: a quarter of its speed. Its products here are small.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.platform == "win32":  # without, Media Foundation takes seconds to open a camera
        os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
    with standing():
        code = _run()
    leave(code)


def _run() -> int:
    """What is asked for; its exit status."""
    handler = LogWords()
    handler.addFilter(Redaction())
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[handler])
    try:
        app(with_default_command(sys.argv[1:]))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 -- said, and told in the status
        if isinstance(error, MemoryError):
            error = LiveSegmentError("the system gives this program no more memory")
        if not isinstance(error, LiveSegmentError) or os.environ.get("LIVESEGMENT_DEBUG"):
            broken_down(type(error), error, error.__traceback__)
            return ExitCode.INTERNAL
        complain(error)
        return error.exit_code
    finally:
        watch_breakdowns()  # Typer puts a hook of its own there
    return ExitCode.OK


def complain(error: LiveSegmentError) -> None:
    """Say what is wrong in a line, and what to do in another."""
    for style, word, text in (("bold red", "error", str(error)), ("dim", "hint", error.hint)):
        if text:
            PEOPLE.say((f"{word}:", style), f" {redact(text)}")


def leave(code: int) -> None:
    """End the process with a status.

    A thread left behind in a driver would be running C++ code while its libraries are taken down,
    and crash; then everything worth finishing is finished already, and the process ends at once.
    """
    stuck = any(thread.name.startswith("livesegment-") for thread in threading.enumerate())
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (
            OSError,
            ValueError,
        ):  # Python would try once more, and end with a status of its own
            stuck = True
    if stuck:
        os._exit(code)
    sys.exit(code)
