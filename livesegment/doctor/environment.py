"""Variables of the environment that make OpenCV behave in another way."""

from collections.abc import Mapping

from livesegment.doctor.finding import Finding, Topic, ok, warn

EFFECTS = {
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "replaces the options for streams: TCP and low delay are lost",
    "OPENCV_FFMPEG_THREADS": "each decoding thread makes a live stream a frame later",
    "OPENCV_FFMPEG_LOGLEVEL": "FFmpeg says more; passwords of streams may be among it",
    "OPENCV_VIDEOIO_DEBUG": "OpenCV says more; passwords of streams are among it",
    "OPENCV_VIDEOIO_PRIORITY_LIST": "another video library than FFmpeg may be taken",
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "changes how long cameras take to open on Windows",
    "OPENCV_FORCE_DNN_ENGINE": "OpenCV 5 runs every model on one graph engine, wanted or not",
    "OPENCV_DNN_BACKEND_DEFAULT": "OpenCV runs networks on another backend than its own",
    "OPENCV_DNN_CHECK_NAN_INF": "every tensor is looked through, which is slow",
    "OPENCV_DNN_OPENCL_ALLOW_ALL_DEVICES": "OpenCL also runs on what is no GPU, and far slower",
    "OPENCV_OPENCL_DEVICE": "chooses the OpenCL device, or switches OpenCL off",
    "OPENCV_OPENCL_RUNTIME": "chooses the OpenCL library, or switches OpenCL off",
    "OPENCV_CPU_DISABLE": "OpenCV leaves instructions of the CPU unused, and is slower",
    "OPENCV_IPP": "OpenCV leaves Intel's primitives unused, and may be slower",
    "OPENCV_FOR_THREADS_NUM": "caps OpenCV's threads, whatever --threads says",
    "CUDA_VISIBLE_DEVICES": "hides some GPUs, or all of them, from CUDA",
}
"""What each does that is set; known from OpenCV's and CUDA's documentation and by trial."""


def findings(variables: Mapping[str, str]) -> list[Finding]:
    """A row a variable that is set; never its value, which may hold a password."""
    rows = [_row(name) for name, value in sorted(variables.items()) if _matters(name, value)]
    return rows or [ok(Topic.ENVIRONMENT, "variables", "none is set that OpenCV heeds")]


def _matters(name: str, value: str) -> bool:
    return bool(value) and (name in EFFECTS or name.startswith("OPENCV_"))


def _row(name: str) -> Finding:
    effect = EFFECTS.get(name, "changes what OpenCV does")
    return warn(Topic.ENVIRONMENT, name, effect, f"unset {name}")
