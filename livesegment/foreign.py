"""Model files that are of another kind, told by suffix or content, and what to do about each."""

from pathlib import Path

YOLO = "yolo export model={stem}.pt format=onnx"
TORCH = (
    f"an Ultralytics one: {YOLO}; any other: load it in PyTorch and "
    'torch.onnx.export(net, torch.zeros(1, 3, 640, 640), "{stem}.onnx")'
)
TENSORFLOW = "python -m tf2onnx.convert {source} --output {stem}.onnx"
COMPILED = f"it is compiled for one machine; export the network that it was made of: {YOLO}"

COMMANDS = {
    ".pt": TORCH,
    ".pth": TORCH,
    ".ckpt": TORCH,
    ".safetensors": TORCH,
    ".torchscript": TORCH,
    ".tflite": TENSORFLOW.format(source="--tflite {name}", stem="{stem}"),
    ".h5": TENSORFLOW.format(source="--keras {name}", stem="{stem}"),
    ".keras": TENSORFLOW.format(source="--keras {name}", stem="{stem}"),
    ".engine": COMPILED,
    ".trt": COMPILED,
    ".plan": COMPILED,
    ".xml": f"OpenVINO reads .onnx files too; export the network that it was made of: {YOLO}",
    ".bin": f"export the network that it was made of: {YOLO}",
    ".param": f"export the network that it was made of: {YOLO}",
    ".mlmodel": f"export the network that it was made of: {YOLO}",
    ".mlpackage": f"export the network that it was made of: {YOLO}",
    ".pdmodel": "paddle2onnx --model_dir . --model_filename {name} --save_file {stem}.onnx",
    ".caffemodel": "Caffe models are not read; look for the same network as .onnx",
    ".weights": "Darknet's networks find boxes, no masks; yolo export model=yolov8n-seg.pt "
    "format=onnx makes one that does",
}
"""Suffix -> what to type; {name} and {stem} are the file's."""


AGAIN = "fetch it again by the address of the file itself, not of a page about it"
CONTENTS = {
    b"version https://git-lfs": (
        "only a git-lfs pointer to the file",
        "`git lfs pull` in its repository fetches the file itself",
    ),
    b"<!doctype html": ("a web page", AGAIN),
    b"<html": ("a web page", AGAIN),
    b"<?xml": ("an XML file", COMMANDS[".xml"].format(stem="yolov8n-seg")),
    b"{": ("a JSON file", AGAIN),
    b"pk\x03\x04": ("a zip archive, as PyTorch's .pt files are", TORCH.format(stem="NAME")),
    b"\x1f\x8b": ("a gzip archive", "unpack it, and give the .onnx or .pb file in it"),
    b"\x89hdf": ("an HDF5 file of Keras", COMMANDS[".h5"].format(name="NAME.h5", stem="NAME")),
}
"""First bytes, in lower case -> what the file is, and what to do; no protobuf begins so."""
HEAD = 256
"""Bytes that are enough to tell."""


def told_by_content(head: bytes) -> tuple[str, str] | None:
    """What a file is that is no model, and what to do; None where nothing is known against it.

    Args:
        head: its first `HEAD` bytes.
    """
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((told for begin, told in CONTENTS.items() if start.startswith(begin)), None)


def how_to_convert(path: Path) -> str:
    """What to type to have a file of another kind as .onnx."""
    told = COMMANDS.get(path.suffix.lower(), "")
    if not told:
        return "give an .onnx file, or a .pb with its .pbtxt beside it"
    name = path.name.replace("{", "(").replace("}", ")")
    return told.format(name=name, stem=name.removesuffix(path.suffix))
