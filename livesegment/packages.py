"""What to type to have what this program can do without.

By the packages' own names: `livesegment` is in no package index, so a hint with its extras would
have whatever somebody else puts there under that name installed.
"""

import shlex

PACKAGES = {
    "opencv": "opencv-contrib-python",
    "onnxruntime": "onnxruntime",
    "openvino": "openvino",
    "cuda": "onnxruntime-gpu[cuda,cudnn]",
    "h264": "av",
}
"""Engine or extra, as in pyproject.toml -> its package."""


def install(what: str, *, again: bool = False) -> str:
    """The command that installs the package of a key of `PACKAGES`.

    Args:
        what: the key.
        again: put in order what is installed already.
    """
    return shlex.join(["pip", "install", *["--force-reinstall"] * again, PACKAGES[what]])
