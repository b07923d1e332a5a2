"""Model files of another kind, and what is said of them."""

from pathlib import Path

import pytest

from livesegment.errors import ModelError
from livesegment.foreign import COMMANDS, how_to_convert
from livesegment.store import find_model


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("yolo11n-seg.pt", "yolo export model=yolo11n-seg.pt format=onnx"),
        ("net.pth", 'torch.onnx.export(net, torch.zeros(1, 3, 640, 640), "net.onnx")'),
        ("net.tflite", "python -m tf2onnx.convert --tflite net.tflite --output net.onnx"),
        ("net.engine", "compiled for one machine"),
        ("net.xml", "yolo export model=net.pt format=onnx"),
        ("net.H5", "--keras net.H5"),
        ("net.xyz", "give an .onnx file"),
        ("a{b}.pt", "model=a(b).pt"),
    ],
)
def test_a_file_of_another_kind_is_told_how_to_be_converted(
    name: str, command: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(b"something")
    with pytest.raises(ModelError, match="is neither an") as caught:
        find_model(str(tmp_path / name))
    assert command in str(caught.value.hint)


@pytest.mark.parametrize("suffix", COMMANDS)
def test_every_command_can_be_written_out(suffix: str) -> None:
    assert not {"{", "}"} & set(how_to_convert(Path(f"net{suffix}")))
