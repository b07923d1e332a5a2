"""How sessions are recorded, as the options have it."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from livesegment.cli.options import RunOptions
from livesegment.cli.values import age, data_size, duration, room
from livesegment.codecs import registry
from livesegment.errors import UsageError
from livesegment.events.command import Command
from livesegment.events.hooks import Hook, Hooks
from livesegment.events.parser import conditions
from livesegment.events.webhook import Webhook
from livesegment.sinks.events import EventSink
from livesegment.sinks.settings import SEGMENT_SECONDS, Settings


def settings(options: RunOptions, *, live: bool) -> Settings:
    """How sessions are recorded.

    Args:
        options: of the run.
        live: whether the source has its own pace.

    Raises:
        UsageError: an option asks for something impossible.
        SinkError: the codec cannot be had.
    """
    if options.record is None:
        for flag in ("keep", "keep_size", "on"):
            if getattr(options, flag):
                name = flag.replace("_", "-")
                raise UsageError(
                    f"--{name} goes with --record", hint="--record DIR says where recordings go"
                )
    if not options.on:
        for flag in ("record_all", "exec", "webhook"):
            if getattr(options, flag):
                name = flag.replace("_", "-")
                raise UsageError(f"--{name} goes with --on", hint="such as --on 'person>=1 for 2s'")
    length = options.segment_length
    seconds = SEGMENT_SECONDS if live else None
    return Settings(
        codec=registry.chosen(options.codec),
        raw_codec=registry.chosen(options.codec, exact=True) if options.record_raw else None,
        overlay=not options.on or bool(options.record_all),
        segment_length=seconds if length is None else duration(length, "--segment-length"),
        min_free=data_size(options.min_free, "--min-free"),
        keep=None if options.keep is None else age(options.keep, "--keep"),
        keep_size=None if options.keep_size is None else room(options.keep_size, "--keep-size"),
    )


def check(options: RunOptions) -> None:
    """Refuse what needs no source to be refused; raises as `settings` does."""
    settings(options, live=True)
    for text, flag in ((options.pre_roll, "--pre-roll"), (options.post_roll, "--post-roll")):
        duration(text, flag, zero=True)


def hooks(options: RunOptions) -> Hooks:
    """Who is told of events; whoever asks closes them at the end of the run.

    Raises:
        UsageError: there is no such command, or the address is none.
    """
    told: list[Hook] = []
    if options.exec is not None:
        told.append(Command(options.exec.reveal(), options.exec.command))
    if options.webhook is not None:
        told.append(Webhook(options.webhook.reveal(), options.webhook.shown))
    return Hooks(told)


def watch(
    options: RunOptions,
    labels: Sequence[str],
    told: Hooks,
    *,
    live: bool,
    spent: Callable[[str, float], None],
) -> Callable[[Path], EventSink] | None:
    """What makes the watch of a session; None where no event is asked for.

    Args:
        options: of the run.
        labels: of the model, which conditions name.
        told: who is told of events.
        live: whether the source has its own pace.
        spent: told how long encoding took.

    Raises:
        UsageError: a condition is wrong; points at the place.
    """
    if not options.on:
        return None
    return partial(
        EventSink,
        conditions=conditions(options.on, labels),
        live=live,
        codec=registry.chosen(options.codec),
        pre_roll=duration(options.pre_roll, "--pre-roll", zero=True),
        post_roll=duration(options.post_roll, "--post-roll", zero=True),
        min_free=data_size(options.min_free, "--min-free"),
        hooks=told,
        spent=spent,
    )
