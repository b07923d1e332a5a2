"""The options that say what finds the objects, and how much of the processor it may take."""

from dataclasses import dataclass
from typing import Annotated

import typer

from livesegment.cli.declared import option

DEFAULT_MODEL = "mask-rcnn-inception-v2-coco"

MODEL = "Model"
COMPUTE = "Compute"


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """What finds the objects of a run; a part of `RunOptions`."""

    model: Annotated[
        str, option(MODEL, "A name from `models list`, or an .onnx or .pb file.", metavar="NAME")
    ] = DEFAULT_MODEL
    engine: Annotated[
        str,
        option(
            MODEL,
            "opencv, onnxruntime or openvino. "
            "auto: the fastest of those installed that finds the same objects as opencv.",
            metavar="NAME",
        ),
    ] = "auto"
    device: Annotated[
        str,
        option(
            MODEL,
            "auto, cpu, cpu-bf16, opencl, opencl-fp16, cuda, cuda-fp16, tensorrt, directml, "
            "coreml, gpu or npu. What is asked for by name is taken or refused.",
            metavar="NAME",
        ),
    ] = "auto"
    input_size: Annotated[
        str | None,
        option(MODEL, "Fit frames into N or WxH pixels for the network.", metavar="N|WxH"),
    ] = None
    threads: Annotated[
        int | None, option(MODEL, "Threads of the network.", min=1, max=256, metavar="N")
    ] = None
    lossy_proposals: Annotated[
        int | None,
        option(
            MODEL,
            "LOSSY: look closely at the N best boxes only of a TensorFlow Mask R-CNN that is "
            "rebuilt as ONNX; faster, and objects may be missed.",
            min=1,
            max=1000,
            metavar="N",
        ),
    ] = None
    score: Annotated[float, option(MODEL, "Least score of an object.", min=0, max=1)] = 0.5
    mask_threshold: Annotated[
        float, option(MODEL, "Least probability of a mask's pixel.", min=0, max=1)
    ] = 0.5
    nms: Annotated[
        float, option(MODEL, "Most overlap of two objects of a class.", min=0, max=1)
    ] = 0.45
    classes: Annotated[
        str | None, option(MODEL, "Only these, such as person,car.", metavar="A,B")
    ] = None
    max_instances: Annotated[int, option(MODEL, "Most objects a frame.", min=1, max=1000)] = 100
    max_fps: Annotated[
        float | None,
        option(
            COMPUTE,
            "Take at most so many frames a second; a file gives every so many-th of its own.",
            min=0.1,
            max=1000,
            metavar="N",
        ),
    ] = None
    segment_rate: Annotated[
        float | None,
        option(
            COMPUTE,
            "Segment at most so many frames a second; between them masks are carried or held.",
            min=0.01,
            max=1000,
            metavar="N",
        ),
    ] = None
    idle: Annotated[
        bool | None,
        typer.Option(
            "--idle/--no-idle",
            help="Let the network rest while nothing differs from the frame it saw last.",
            rich_help_panel=COMPUTE,
        ),
    ] = None
    idle_refresh: Annotated[
        str | None,
        option(COMPUTE, "It looks again after this all the same; 2s, if not set.", metavar="TIME"),
    ] = None
    roi: Annotated[
        str | None,
        option(
            COMPUTE,
            "Only this part of the picture is segmented, in pixels or per cent, such as "
            "25%,0%,50%,50%; the picture stays whole.",
            metavar="X,Y,W,H",
        ),
    ] = None
