"""The parts of a run, each made from its options; what cannot be made says why."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from livesegment.carrying.base import Carrier
from livesegment.carrying.carried import MAX_AGE, CarriedCarrier
from livesegment.carrying.crowd import Crowd
from livesegment.carrying.exact import ExactCarrier
from livesegment.carrying.hold import HoldCarrier
from livesegment.carrying.quality import Quality
from livesegment.cli.console import PlainConsole
from livesegment.cli.declared import one_of
from livesegment.cli.options import RunOptions
from livesegment.cli.values import class_ids, duration, size
from livesegment.compositing.look import HIDING, Look, Style
from livesegment.engines.registry import DEVICES, ENGINES, REFERENCE
from livesegment.errors import SinkError, SourceError, UsageError
from livesegment.families.base import Thresholds
from livesegment.families.registry import NO_WORDS, Words
from livesegment.image_files import read_image
from livesegment.pipeline.mode import Limits, Masks
from livesegment.pipeline.pace import REFRESH, Pace
from livesegment.segmenters.base import Segmenter
from livesegment.segmenters.choice import AUTO, WITHOUT_RIVALS, choose
from livesegment.segmenters.edges import Edges, RefiningSegmenter
from livesegment.segmenters.gate import StillScene
from livesegment.segmenters.load import load_segmenter
from livesegment.segmenters.pool import SegmenterPool
from livesegment.segmenters.region import Region, RegionSegmenter
from livesegment.sinks.display import why_no_window
from livesegment.sources.capture import as_bgr
from livesegment.store import Model, check_sums
from livesegment.threads.cores import usable_cores

log = logging.getLogger(__name__)

SCORE, NMS = RunOptions().score, RunOptions().nms
RAW = "raw"
"""Masks as the network gives them."""


def check(options: RunOptions) -> None:
    """Refuse what needs no model and no source to be refused, before they cost time.

    Raises:
        UsageError: an option asks for something impossible.
    """
    one_of(options.engine, (AUTO, *ENGINES), "--engine")
    one_of(options.device, DEVICES, "--device")
    one_of(options.edges, (*Edges, RAW), "--edges")
    one_of(options.carry, Quality, "--carry")
    if options.masks is not None:
        one_of(options.masks, Masks, "--masks")
    if options.input_size is not None:
        size(options.input_size, "--input-size")
    limits(options)
    region(options)
    _refresh(options)


def remark(options: RunOptions, model: Model) -> None:
    """Say which options do nothing."""
    if model.spec.family == "motion" and (options.score, options.nms) != (SCORE, NMS):
        log.warning("--score and --nms are for networks: %s has no scores", model.spec.name)


def masks(options: RunOptions, live: bool) -> Masks:
    """Which masks a frame gets: carried when live, exact for films, where nothing is said."""
    if options.masks is None:
        return Masks.CARRIED if live else Masks.EXACT
    wanted = Masks(one_of(options.masks, Masks, "--masks"))
    if wanted is not Masks.EXACT and not live:
        raise UsageError(
            f"--masks {wanted} is for live sources: a file waits for its masks",
            hint="add --realtime to play the file as a camera",
        )
    return wanted


def carrier(options: RunOptions, masks: Masks, crowd: Crowd | None = None) -> Carrier:
    """What brings the masks to the frame shown; `crowd`: whose masks are carried besides."""
    quality = Quality(one_of(options.carry, Quality, "--carry"))
    match masks:
        case Masks.CARRIED:
            return CarriedCarrier(quality, max_age=MAX_AGE + _longest_rest(options), crowd=crowd)
        case Masks.HELD:
            return HoldCarrier()
        case Masks.EXACT:
            return ExactCarrier()


def region(options: RunOptions) -> Region | None:
    """The part of the picture that is segmented; None for all of it."""
    return None if options.roi is None else Region.parse(options.roi)


def pace(options: RunOptions, masks: Masks, model: Model) -> Pace:
    """Which frames are taken, and which are segmented."""
    if options.segment_rate is not None and masks is Masks.EXACT:
        raise UsageError(
            "--segment-rate leaves frames without masks of their own, and --masks exact wants them",
            hint="--max-fps takes fewer frames; --realtime plays a file with carried masks",
        )
    if options.idle and model.spec.family == "motion":
        raise UsageError(
            f"--idle is for networks: {model.spec.name} learns from every frame what is still"
        )
    if options.idle_refresh is not None and not options.idle:
        raise UsageError("--idle-refresh goes with --idle")
    return Pace(
        max_fps=options.max_fps,
        segment_rate=options.segment_rate,
        gate=StillScene(region(options)) if options.idle else None,
        refresh=_refresh(options),
    )


def _refresh(options: RunOptions) -> float:
    """Seconds after which a still scene is segmented all the same."""
    if options.idle_refresh is None:
        return REFRESH
    return duration(options.idle_refresh, "--idle-refresh")


def _longest_rest(options: RunOptions) -> float:
    """Seconds for which the network may be left alone: no mask must fade meanwhile."""
    between = 0.0 if options.segment_rate is None else 1 / options.segment_rate
    return between + (_refresh(options) if options.idle else 0.0)


def limits(options: RunOptions) -> Limits:
    """Where the run ends by itself."""
    seconds = options.duration and duration(options.duration, "--duration")
    return Limits(frames=options.max_frames, seconds=seconds or None)


def look(options: RunOptions) -> Look:
    """How the picture is to look."""
    style = Style(one_of(options.style, Style, "--style"))
    if style in HIDING and options.record_raw:
        log.warning("--record-raw records everything, also what --style %s hides", style)
    background = None
    if options.background is not None:
        if style is not Style.REPLACE_BACKGROUND:
            raise UsageError("--background goes with --style replace-background")
        try:
            background = as_bgr(read_image(Path(options.background)))
        except SourceError as error:
            raise UsageError(f"--background: {error}", hint=error.hint) from error
    return Look(style=style, alpha=options.alpha, background=background)


def windowed(options: RunOptions, console: PlainConsole, *, quiet: bool) -> bool:
    """Whether a window is shown.

    Raises:
        SinkError: one was asked for and cannot be had.
        UsageError: without one, nothing would come out of the run.
    """
    if options.window is False:
        return False
    reason = why_no_window()
    if reason is None:
        return True
    if options.window:
        raise SinkError(f"no window can be opened: {reason}", hint="use --headless")
    if options.record is None and options.jsonl is None:
        raise UsageError(
            f"no window can be opened: {reason}; and nothing is to be written",
            hint="--record DIR records the picture, --jsonl FILE the results; "
            "--headless alone only measures",
        )
    if not quiet:
        console.say(f"no window: {reason}; running headless")
    return False


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready to run."""

    segmenter: Segmenter
    at_once: int
    """Frames that it takes side by side."""
    engine: str
    device: str


def segmenter(
    options: RunOptions, model: Model, console: PlainConsole, *, quiet: bool, at_once: int = 1
) -> Loaded:
    """The model, loaded, warmed up and told which classes are wanted.

    Args:
        options: of the run.
        model: what finds the objects.
        console: where it is said what is taken, and why.
        quiet: whether it is not.
        at_once: frames that may be segmented side by side.

    Raises:
        LiveSegmentError: it cannot be had.
    """
    input_size = options.input_size and size(options.input_size, "--input-size")
    thresholds = Thresholds(
        score=options.score,
        mask=options.mask_threshold,
        nms=options.nms,
        max_instances=options.max_instances,
    )
    with console.busy(quiet=quiet) as tell:
        for file in model.spec.files:
            check_sums(model.paths[file.role], file)
        runtime = choose(
            model,
            engine=options.engine,
            device=options.device,
            threads=options.threads,
            input_size=input_size or None,
            lossy_proposals=options.lossy_proposals,
            progress=tell,
        )
        if runtime.why and not quiet:
            console.say(runtime.why)
        tell(f"loading {model.spec.name} and warming it up")
        # OpenCV's threads are shared by all its networks, and GPUs have one queue.
        alone = runtime.engine == REFERENCE or not runtime.device.startswith("cpu")
        threads = options.threads or usable_cores()
        count = 1 if alone or model.spec.family in WITHOUT_RIVALS else min(at_once, threads)
        words = Words(
            progress=tell,
            remark=NO_WORDS.remark if quiet else console.say,
        )
        members = [
            load_segmenter(
                model,
                thresholds,
                engine=runtime.engine,
                device=runtime.device,
                threads=options.threads if count == 1 else threads // count,
                input_size=input_size or None,
                lossy_proposals=options.lossy_proposals,
                words=words if number == 0 else NO_WORDS,
            )
            for number in range(count)
        ]
        made = members[0] if count == 1 else SegmenterPool(members)
        if options.edges != RAW and model.spec.family != "motion":
            made = RefiningSegmenter(made, Edges(options.edges))
        if (part := region(options)) is not None:
            made = RegionSegmenter(made, part)
        made.warm_up()
    if options.classes is not None:
        wanted = class_ids(options.classes, made.labels)
        made.thresholds = replace(thresholds, class_ids=wanted)
    return Loaded(made, count, runtime.engine, runtime.device)
