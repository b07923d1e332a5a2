"""What an ONNX file is that no family reads, and how to export one that is read.

Told by the number of outputs and their sides, and by the names that exporters give them.
"""

from livesegment.errors import ModelError
from livesegment.families.onnx_header import OnnxHeader
from livesegment.families.single_onnx import listed
from livesegment.families.yolo_header import EXPORT_HINT

RF_DETR_HINT = (
    'export the segmentation variant: pip install "rfdetr[onnx]" and in Python: '
    "from rfdetr import RFDETRSegMedium; RFDETRSegMedium().export()"
)
MMDEPLOY_HINT = (
    "export a model with masks: python tools/deploy.py "
    "configs/mmdet/instance-seg/instance-seg_rtmdet-ins_onnxruntime_static-640x640.py "
    "CONFIG.py CHECKPOINT.pth PICTURE.jpg --work-dir out"
)
TORCHVISION_HINT = (
    "export a model with masks, in Python: "
    'net = torchvision.models.detection.maskrcnn_resnet50_fpn(weights="DEFAULT").eval(); '
    'torch.onnx.export(net, torch.zeros(1, 3, 480, 640), "mask_rcnn.onnx", '
    'output_names=["boxes", "labels", "scores", "masks"])'
)
READ_HINT = (
    "what is read: Mask R-CNN, YOLO -seg, RTMDet-Ins, RF-DETR-Seg, YOLACT, semantic segmentation; "
    "for one that runs: yolo export model=yolov8n-seg.pt format=onnx"
)


def refusal(header: OnnxHeader, name: str) -> ModelError:
    """The error for a file that no family knows: what it looks like, and what to type."""
    task = header.metadata.get("task", "segment")
    if task != "segment":
        return ModelError(
            f"{name} was made to {task}, not to segment; {_outputs(header)}", hint=EXPORT_HINT
        )
    what, hint = _looks_like(header)
    return ModelError(f"{name}: no family reads it, {what}; {_outputs(header)}", hint=hint)


def _outputs(header: OnnxHeader) -> str:
    shapes = listed(header.outputs)
    # A foreign file may have a thousand, or names of any length.
    return f"its outputs are {shapes if len(shapes) <= 300 else shapes[:300] + '...'}"


def _looks_like(header: OnnxHeader) -> tuple[str, str]:
    """Half a sentence, and a hint."""
    pictures = [shape for shape in header.inputs.values() if len(shape) == 4]
    # Some pictures go in without a batch, as with torchvision's own export.
    if not pictures and not any(len(shape) == 3 for shape in header.inputs.values()):
        return "as no picture goes in", READ_HINT
    names = {key.lower() for key in header.outputs}
    shapes = list(header.outputs.values())
    sides = sorted(len(shape) for shape in shapes)
    if "pred_boxes" in names or _boxes_and_classes(shapes):
        return "it looks like a DETR that finds boxes, no masks", RF_DETR_HINT
    if names == {"dets", "labels"}:
        return "it looks like an export of mmdeploy that finds boxes, no masks", MMDEPLOY_HINT
    if names == {"boxes", "labels", "scores"} or (sides == [1, 1, 2] and _four_wide(shapes)):
        return "it looks like a Faster R-CNN, which finds boxes, no masks", TORCHVISION_HINT
    if sides == [3]:
        return "it looks like a YOLO that finds boxes, no masks", EXPORT_HINT
    if sides in ([4, 4, 4], [5, 5, 5]):
        return "it looks like the raw grids of a YOLO, cut off before its end", EXPORT_HINT
    if sides in ([1], [2]):
        return "it looks like a classifier, which names a picture and finds nothing", EXPORT_HINT
    return "as it is of no known kind", READ_HINT


def _boxes_and_classes(shapes: list[tuple[int, ...]]) -> bool:
    """Whether two outputs are (1, n, 4) and (1, n, classes), as of DETR and its kin."""
    if len(shapes) != 2 or any(len(shape) != 3 for shape in shapes):
        return False
    return 4 in {shape[2] for shape in shapes} and shapes[0][1] == shapes[1][1]


def _four_wide(shapes: list[tuple[int, ...]]) -> bool:
    return any(len(shape) == 2 and shape[1] == 4 for shape in shapes)
