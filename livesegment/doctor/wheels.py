"""What pip installed: wheels that are missing, in each other's way, or known to be bad."""

from collections.abc import Callable, Sequence
from importlib import metadata

from livesegment.doctor.child import Ask, Facts, NoAnswerError
from livesegment.doctor.finding import Finding, Topic, fail, ok, warn
from livesegment.packages import install
from livesegment.sinks.display import PACKAGES

WANTED = "opencv-contrib-python"
OPENCV = (
    WANTED,
    "opencv-python",
    "opencv-contrib-python-headless",
    "opencv-python-headless",
)
"""Wheels that all put their files into one folder, cv2."""
ONNXRUNTIME = (
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-directml",
    "onnxruntime-openvino",
    "onnxruntime-qnn",
)
"""Likewise into one folder, onnxruntime."""

Version = Callable[[str], str | None]
"""`installed`, or what stands in for it."""


def installed(wheel: str) -> str | None:
    """The version of a wheel; None where it is not installed."""
    try:
        return metadata.version(wheel)
    except metadata.PackageNotFoundError:
        return None


def findings(ask: Ask, version: Version = installed) -> list[Finding]:
    """Rows for OpenCV, what it is linked with, numpy, and the engines' wheels."""
    rows = [_opencv(version), *_imported(ask)]
    rows.append(ok(Topic.WHEELS, "numpy", version("numpy") or "not from a wheel"))
    rows += _onnxruntime(version)
    return rows


def _opencv(version: Version) -> Finding:
    """The one wheel of OpenCV that there should be."""
    found = {wheel: version(wheel) for wheel in OPENCV if version(wheel)}
    again = f"pip uninstall -y {' '.join(found)} && pip install {WANTED}"
    if not found:
        says = "no wheel of it is installed; a cv2 from elsewhere is taken, if there is one"
        return warn(Topic.WHEELS, "OpenCV", says, f"pip install {WANTED}")
    named = ", ".join(f"{wheel} {number}" for wheel, number in found.items())
    if len(found) > 1:
        says = f"{named}: they overwrite each other's files, and none of them is whole"
        return fail(Topic.WHEELS, "OpenCV", says, again)
    (wheel,) = found
    if wheel == WANTED:
        return ok(Topic.WHEELS, "OpenCV", named)
    if wheel == f"{WANTED}-headless":
        return warn(Topic.WHEELS, "OpenCV", f"{named}: opens no window", again)
    return fail(Topic.WHEELS, "OpenCV", f"{named}: has no ximgproc, which refines edges", again)


def _imported(ask: Ask) -> list[Finding]:
    """What cv2 says of itself, once it is imported."""
    try:
        facts = ask("wheels:about_opencv")
    except NoAnswerError as error:
        hint = f"pip install --force-reinstall {WANTED}"
        if ".so" in str(error):
            hint = f"on Debian and Ubuntu: {PACKAGES}"
        return [fail(Topic.WHEELS, "import cv2", str(error), hint)]
    rows = [ok(Topic.WHEELS, "import cv2", f"{facts['version']}, windows by {facts['windows']}")]
    if not facts["ximgproc"]:
        hint = f"pip install --force-reinstall {WANTED}"
        rows.append(fail(Topic.WHEELS, "ximgproc", "missing from this OpenCV", hint))
    rows.append(_networks(facts["reads"], rebuilds="TensorFlow" not in facts["reads"]))
    if facts["ffmpeg"]:
        rows.append(ok(Topic.WHEELS, "FFmpeg", f"linked, avcodec {facts['ffmpeg']}"))
    else:
        says = "not in this OpenCV: no streams, no recordings, few films"
        hint = f"pip install --force-reinstall {WANTED}"
        rows.append(fail(Topic.WHEELS, "FFmpeg", says, hint))
    return rows


def _networks(reads: Sequence[str], *, rebuilds: bool) -> Finding:
    """The formats of networks that this OpenCV reads."""
    says = f"OpenCV reads {', '.join(reads)}"
    if rebuilds:
        says += "; Mask R-CNN of TensorFlow's is rebuilt as ONNX for it, once"
    return ok(Topic.WHEELS, "networks", says)


def about_opencv() -> Facts:
    """In a child: what cv2 is and was built with."""
    import cv2

    from livesegment.engines import capabilities

    built = _built_with(cv2.getBuildInformation().splitlines())
    return {
        "version": cv2.__version__,
        "reads": capabilities.readers(),
        "ximgproc": hasattr(cv2, "ximgproc") and hasattr(cv2.ximgproc, "guidedFilter"),
        "windows": built.get("GUI", "") or "nothing",
        "ffmpeg": built.get("avcodec", "").strip("YES ()")
        if "YES" in built.get("FFMPEG", "")
        else "",
    }


def _built_with(lines: Sequence[str]) -> dict[str, str]:
    """The "key: value" lines of OpenCV's account of its build."""
    pairs = (line.partition(":") for line in lines)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _onnxruntime(version: Version) -> list[Finding]:
    """A row where several builds of ONNX Runtime overwrite each other."""
    found = {wheel: version(wheel) for wheel in ONNXRUNTIME if version(wheel)}
    if len(found) < 2:
        return []
    best = next(wheel for wheel in reversed(ONNXRUNTIME) if wheel in found)
    wanted = install("cuda") if best == "onnxruntime-gpu" else f"pip install {best}"
    says = ", ".join(f"{wheel} {number}" for wheel, number in found.items())
    return [
        fail(
            Topic.WHEELS,
            "ONNX Runtime",
            f"{says}: they overwrite each other's files, and a GPU may go unused",
            f"pip uninstall -y {' '.join(found)} && {wanted}",
        )
    ]
