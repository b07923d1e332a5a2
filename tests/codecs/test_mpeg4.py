"""MPEG-4 comes out of OpenCV picture by picture, and leaves nothing behind."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from livesegment.codecs.mpeg4 import Mpeg4Encoder
from livesegment.errors import SinkError
from livesegment.frame import Image

pytestmark = pytest.mark.wheel


def _open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def _noise(seed: int, size: tuple[int, int]) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)


def test_every_picture_is_a_packet_at_once() -> None:
    encoder = Mpeg4Encoder((320, 240), 25.0)
    scene = np.kron(_noise(1, (20, 15)), np.ones((16, 16, 1), np.uint8))
    packets = [encoder.encode(np.roll(scene, i, 1), 40 * i) for i in range(30)]
    encoder.close()
    assert [len(made) for made in packets] == [1] * 30
    assert [made[0].ms for made in packets] == [40 * i for i in range(30)]
    keys = [i for i, made in enumerate(packets) if made[0].key]
    assert keys == [0, 12, 24]
    assert encoder.private.startswith(b"\x00\x00\x01\xb0")


def test_a_picture_larger_than_a_pipe_does_not_get_stuck() -> None:
    encoder = Mpeg4Encoder((3840, 2160), 25.0)
    (packet,) = encoder.encode(_noise(1, (3840, 2160)), 0)
    encoder.close()
    assert len(packet.data) > 1 << 20


def test_a_still_picture_costs_hardly_a_byte() -> None:
    encoder = Mpeg4Encoder((640, 360), 25.0)
    still = np.full((360, 640, 3), 90, np.uint8)
    sizes = [len(encoder.encode(still, 40 * i)[0].data) for i in range(10)]
    encoder.close()
    assert max(sizes[1:]) < 1000


def test_the_pipe_has_no_name_and_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = _open_files()
    encoder = Mpeg4Encoder((64, 48), 25.0)
    assert list(tmp_path.iterdir()) == []
    encoder.close()
    encoder.close()
    assert _open_files() == before


def test_a_size_that_cannot_be_is_refused_without_a_leak() -> None:
    before = _open_files()
    with pytest.raises(SinkError, match="cannot write MPEG-4 of 20000x20000"):
        Mpeg4Encoder((20000, 20000), 25.0)
    assert _open_files() == before
