"""Pictures of any name are read; those that state a size beyond the limit are not decoded."""

import os
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from livesegment import most_pixels
from livesegment.errors import SourceError
from livesegment.image_files import openable, read_image, write_image
from livesegment.regular_files import read_regular
from livesegment.sources.capture import check_size, open_file
from livesegment.sources.video import VideoSource
from tests.sources.films import film

pytestmark = pytest.mark.wheel

PICTURE = np.random.default_rng(0).integers(0, 255, (6, 8, 3), np.uint8)
HUGE = 16000
ODD = (
    b"\xff",
    b"\xe9t\xe9",
    "\u00e9t\u00e9".encode(),
    "\u2603".encode(),
    b"a:b",
    b" ",
    b"\n",
    b"-",
)

odd_names = pytest.mark.parametrize("name", ODD, ids=repr)
unix = pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")


def _png(data: bytes) -> bytes:
    head = b"IHDR" + struct.pack(">II", HUGE, HUGE) + data[24:29]
    return data[:12] + head + struct.pack(">I", zlib.crc32(head)) + data[33:]


def _bmp(data: bytes) -> bytes:
    return data[:18] + struct.pack("<ii", HUGE, HUGE) + data[26:]


def _jpg(data: bytes) -> bytes:
    start = data.index(b"\xff\xc0") + 5
    return data[:start] + struct.pack(">HH", HUGE, HUGE) + data[start + 4 :]


def _encoded(suffix: str) -> bytes:
    return cv2.imencode(suffix, PICTURE)[1].tobytes()


@pytest.mark.parametrize(("suffix", "enlarged"), [(".png", _png), (".bmp", _bmp), (".jpg", _jpg)])
def test_what_states_too_large_a_size_is_not_decoded(
    suffix: str, enlarged: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / f"huge{suffix}"
    path.write_bytes(enlarged(_encoded(suffix)))
    with pytest.raises(SourceError, match="more than 64 million pixels") as caught:
        read_image(path)
    assert "LIVESEGMENT_MAX_PIXELS" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "most"),
    [("", 64e6), ("1000", 1000), ("0", 64e6), ("-1", 64e6), ("\u00b2", 64e6), ("9" * 400, 64e6)],
)
def test_the_limit_is_a_number(text: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESEGMENT_MAX_PIXELS", text)
    assert most_pixels() == most


def test_a_video_of_too_large_a_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = VideoSource(str(film(tmp_path / "film.avi", 3)))
    monkeypatch.setenv("LIVESEGMENT_MAX_PIXELS", "100")
    with pytest.raises(SourceError, match=r"film\.avi: pictures of \d+x\d+ have more than"):
        source.open()


def test_a_size_that_is_not_stated_is_not_refused() -> None:
    class Capture:
        def get(self, prop: int) -> float:
            return float("nan") if prop == cv2.CAP_PROP_FRAME_WIDTH else 1e300

    check_size(Capture(), "it")


@unix
@odd_names
def test_a_picture_of_any_name_is_written_and_read(name: bytes, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(name + b".png")
    write_image(path, PICTURE)
    assert np.array_equal(read_image(path), PICTURE)


@unix
@odd_names
def test_a_video_of_any_name_is_opened(name: bytes, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(name + b".avi")
    film(tmp_path / "film.avi", 3).rename(path)
    capture = open_file(path)
    assert capture is not None
    assert capture.read()[0]
    capture.release()


@unix
def test_nothing_stays_open_of_an_odd_name(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff")
    path.write_bytes(b"x")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with openable(path) as name:
        assert name.isascii()
        assert Path(name).read_bytes() == b"x"
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.skipif(os.name != "posix", reason="Windows has none of these")
def test_only_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(OSError, match=r"no file|directory"):
            read_regular(path)


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_regular(tmp_path / "a", 5) == b"12345"
    with pytest.raises(OSError, match="too large"):
        read_regular(tmp_path / "a", 4)


def test_an_unreadable_picture_makes_no_word_of_opencvs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, data in (("a.png", _encoded(".png")[:60]), ("b.jpg", b"x"), ("c.png", b"")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(SourceError):
            read_image(tmp_path / name)
    assert capfd.readouterr().err == ""
