"""Converted networks are proved before they are kept, and kept only as they were proved."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livesegment.errors import EngineError, ModelError, UsageError
from livesegment.families.rebuild import conversion
from livesegment.families.rebuild.conversion import (
    Against,
    Conversion,
    Differences,
    Verdict,
    convert,
)
from livesegment.families.rebuilt_mask_rcnn import RebuiltMaskRcnn
from livesegment.families.registry import load_family
from livesegment.network import Dialect, Format
from livesegment.store import find_model
from tests.families import random_mask_rcnn
from tests.families.proofs import SAME, NoProof

SOURCE = random_mask_rcnn.build()


def made(proof: NoProof, *, anew: bool = False) -> Conversion:
    return convert(*SOURCE, "small", proof, anew=anew)


def contents(found: Conversion) -> list[bytes]:
    return [network.weights for network in found.networks]


def test_what_was_proved_is_kept_and_not_proved_again(tmp_path: Path) -> None:
    proof = NoProof()
    first, second = made(proof), made(proof)
    assert proof.asked == ["small"]
    assert first.kept
    assert first.differences == SAME
    assert second.differences is None
    assert contents(first) == contents(second)
    assert first.folder.is_relative_to(tmp_path / "converted")
    assert sorted(path.name for path in first.folder.iterdir()) == [
        "boxes.onnx",
        "masks.onnx",
        "picture.onnx",
        "sums.json",
    ]


def test_it_can_be_made_anew() -> None:
    proof = NoProof()
    made(proof)
    assert made(proof, anew=True).differences == SAME
    assert len(proof.asked) == 2


@pytest.mark.parametrize("name", ["picture.onnx", "masks.onnx", "sums.json"])
@pytest.mark.parametrize("damage", ["changed", "cut short", "gone"])
def test_what_was_damaged_is_made_again(name: str, damage: str) -> None:
    proof = NoProof()
    first = made(proof)
    path = first.folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data if damage == "changed" else data[:-3])
    again = made(proof)
    assert len(proof.asked) == 2
    assert contents(again) == contents(first)
    assert made(proof).differences is None


def test_another_engine_or_version_proves_for_itself() -> None:
    one, other = NoProof(), NoProof(by="no engine 2.0")
    assert made(one).folder != made(other).folder
    assert other.asked == ["small"]


@pytest.mark.parametrize(
    "much", [{"tensor": 0.01}, {"pixels": 0.2}, {"score": 0.01}, {"mask": 0.1}, {"mask": np.inf}]
)
def test_other_numbers_are_refused_and_not_kept(much: dict[str, Any], tmp_path: Path) -> None:
    proof = NoProof(finds=replace(SAME, **much))
    with pytest.raises(
        ModelError, match=r"gives other numbers on no engine 1\.0 than some engine 2"
    ):
        made(proof)
    assert not (tmp_path / "converted").exists()


def test_numbers_that_are_none_are_not_small() -> None:
    assert not Differences(tensor=np.nan, pixels=0, score=0, mask=0, detections=1).small


def test_a_home_that_cannot_be_written_costs_the_next_start_only(tmp_path: Path) -> None:
    (tmp_path / "converted").write_text("a file where the folder should be")
    proof = NoProof()
    assert not made(proof).kept
    made(proof)
    assert len(proof.asked) == 2


def test_both_ways_of_cropping_have_networks_of_their_own() -> None:
    by_roi, by_grid = made(NoProof()), made(NoProof(Dialect(crops_by_grid=True), by="grid"))
    assert b"RoiAlign" in contents(by_roi)[1]
    assert b"GridSample" in contents(by_grid)[1]


@pytest.mark.parametrize("before", ["nothing", "engine"])
def test_what_was_not_proved_is_compared_again_once_there_is_something_better(before: str) -> None:
    against = Against(before)
    proof = NoProof(against=against, finds=None if against is Against.NOTHING else SAME)
    first = made(proof)
    assert first.kept
    assert not made(proof).proved
    assert len(proof.asked) == 1
    assert "not proved here" in first.verdict
    later = NoProof()
    found = made(later)
    assert later.asked == ["small"]
    assert found.proved
    assert contents(found) == contents(first)
    assert made(later).proved
    assert len(later.asked) == 1


@pytest.mark.parametrize(
    ("against", "proved"), [("original", True), ("golden", True), ("engine", False)]
)
def test_the_verdict_is_kept_with_the_networks(against: str, proved: bool) -> None:
    """Two engines that agree do not prove that it is the model it was made from."""
    proof = NoProof(against=Against(against))
    first, second = made(proof), made(proof)
    assert first.proved is second.proved is proved
    assert (
        first.verdict == second.verdict == str(Verdict(Against(against), "some engine 2.0", SAME))
    )
    assert ("not proved here" in first.verdict) is not proved


def test_making_it_is_said_and_taking_it_is_not() -> None:
    said: list[str] = []
    for _ in range(2):
        convert(*SOURCE, "small", NoProof(), progress=said.append)
    assert said == ["rebuilding small as ONNX for no engine 1.0, once"]


def test_a_new_version_of_the_converter_converts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    proof = NoProof()
    made(proof)
    monkeypatch.setattr(conversion, "VERSION", conversion.VERSION + 1)
    made(proof)
    assert len(proof.asked) == 2


def test_fewer_proposals_are_for_the_rebuilt_model_only() -> None:
    model = find_model("colour-shapes")
    onnx_only = frozenset({Format.ONNX})
    made = load_family(model, None, onnx_only, NoProof(), lossy_proposals=5)
    assert isinstance(made, RebuiltMaskRcnn)
    with pytest.raises(UsageError, match="fewer proposals"):
        load_family(model, lossy_proposals=5)


def test_without_a_proof_nothing_is_rebuilt() -> None:
    with pytest.raises(EngineError, match="which this engine does not read"):
        load_family(find_model("colour-shapes"), None, frozenset({Format.ONNX}))
