"""Model files that are of another kind, and what makes an .onnx file of each."""

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


def how_to_convert(path: Path) -> str:
    """What to type to have a file of another kind as .onnx."""
    told = COMMANDS.get(path.suffix.lower(), "")
    if not told:
        return "give an .onnx file, or a .pb with its .pbtxt beside it"
    name = path.name.replace("{", "(").replace("}", ")")
    return told.format(name=name, stem=name.removesuffix(path.suffix))
