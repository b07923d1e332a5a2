"""A mended film is whole, has the same packets at the same times, and appears in one step."""

import os
from pathlib import Path

import pytest

from livesegment.matroska import reader as reading
from livesegment.matroska.ebml import MatroskaError
from livesegment.matroska.mend import Mended, mend
from livesegment.matroska.reader import MatroskaReader
from livesegment.matroska.writer import MatroskaWriter, Track
from tests.matroska.films import TRACK, encode, packets, write_film


def _cut(path: Path, frames: int = 30, track: Track = TRACK) -> Path:
    """A film of which the last packet is there but for its last two bytes."""
    written = write_film(path, frames, track=track, gop=5, close=False)
    os.truncate(path, written[-1].end - 2)
    return path


def test_a_mended_film_is_whole_and_has_the_same_packets(tmp_path: Path) -> None:
    cut = _cut(tmp_path / "cut.mkv")
    mended = mend(cut, tmp_path / "whole.mkv")
    assert MatroskaReader(tmp_path / "whole.mkv").whole
    assert len(packets(cut)) == 29
    assert packets(tmp_path / "whole.mkv") == packets(cut)
    assert mended == Mended(29, 29 * 0.04, lost_bytes=mended.lost_bytes)
    assert 5 <= mended.lost_bytes <= 24


def test_it_is_as_if_it_had_been_closed_after_its_last_whole_packet(tmp_path: Path) -> None:
    mend(_cut(tmp_path / "cut.mkv", 30), tmp_path / "whole.mkv")
    write_film(tmp_path / "closed.mkv", 29, gop=5)
    assert (tmp_path / "whole.mkv").read_bytes() == (tmp_path / "closed.mkv").read_bytes()


def test_what_the_decoder_needs_is_kept(tmp_path: Path) -> None:
    track = Track("V_MPEG4/ISO/ASP", (1280, 720), b"headers", 12.5)
    mend(_cut(tmp_path / "cut.mkv", track=track), tmp_path / "whole.mkv")
    assert MatroskaReader(tmp_path / "whole.mkv").track == track


def test_a_film_of_one_picture_without_a_rate_is_mended_too(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "cut.mkv", Track("V_MJPEG", (64, 48)))
    writer.write(b"data", 0, key=True)
    assert mend(tmp_path / "cut.mkv", tmp_path / "whole.mkv").frames == 1
    assert MatroskaReader(tmp_path / "whole.mkv").whole
    writer.close()


def test_without_a_rate_it_lasts_a_usual_step_beyond_the_last(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "cut.mkv", Track("V_MJPEG", (64, 48)))
    for ms in (0, 30, 60, 90, 1000):
        writer.write(b"data", ms, key=True)
    assert mend(tmp_path / "cut.mkv", tmp_path / "whole.mkv").seconds == 1.03
    writer.close()


def test_mending_again_makes_the_same_bytes(tmp_path: Path) -> None:
    cut = _cut(tmp_path / "cut.mkv")
    before = cut.read_bytes()
    mend(cut, tmp_path / "whole.mkv")
    first = (tmp_path / "whole.mkv").read_bytes()
    mend(cut, tmp_path / "whole.mkv")
    assert (tmp_path / "whole.mkv").read_bytes() == first
    assert cut.read_bytes() == before


def test_mending_what_is_whole_changes_nothing(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", Track("V_MJPEG", (64, 48)))
    for index in range(40):
        writer.write(b"data", 33 * index, key=True)
    writer.close(5000)
    mend(writer.path, tmp_path / "whole.mkv")
    assert (tmp_path / "whole.mkv").read_bytes() == writer.path.read_bytes()


def test_a_film_cut_after_it_was_finished_lasts_as_long_as_what_is_left(tmp_path: Path) -> None:
    written = write_film(tmp_path / "cut.mkv", 30)
    os.truncate(tmp_path / "cut.mkv", written[9].end)
    assert mend(tmp_path / "cut.mkv", tmp_path / "whole.mkv") == Mended(10, 0.4, 0)


def test_pictures_stored_out_of_order_keep_their_times(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    encode(tmp_path / "film.mkv", "libx264")
    times = [ms for _, ms, _ in packets(tmp_path / "film.mkv")]
    assert times != sorted(times)
    os.truncate(tmp_path / "film.mkv", (tmp_path / "film.mkv").stat().st_size - 400)
    mend(tmp_path / "film.mkv", tmp_path / "whole.mkv")
    assert packets(tmp_path / "whole.mkv") == packets(tmp_path / "film.mkv") != []


def test_a_film_without_a_picture_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    write_film(tmp_path / "cut.mkv", 0, close=False)
    with pytest.raises(MatroskaError, match="no picture"):
        mend(tmp_path / "cut.mkv", tmp_path / "whole.mkv")
    assert [path.name for path in tmp_path.iterdir()] == ["cut.mkv"]


def test_a_film_is_not_mended_in_its_own_place(tmp_path: Path) -> None:
    cut = _cut(tmp_path / "cut.mkv")
    before = cut.read_bytes()
    with pytest.raises(ValueError, match="own place"):
        mend(cut, cut)
    assert cut.read_bytes() == before


def test_until_it_is_finished_it_does_not_have_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = _cut(tmp_path / "cut.mkv")
    seen: list[set[str]] = []
    read = reading._packet

    def looked_at(*given: object) -> object:
        seen.append({path.name for path in tmp_path.iterdir()})
        return read(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_packet", looked_at)
    mend(cut, tmp_path / "whole.mkv")
    assert len(seen) == 29
    assert all(names == {"cut.mkv", "whole.mkv.mending"} for names in seen)
    assert {path.name for path in tmp_path.iterdir()} == {"cut.mkv", "whole.mkv"}


def test_what_a_killed_mending_left_behind_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "whole.mkv.mending").write_bytes(b"half")
    mend(_cut(tmp_path / "cut.mkv"), tmp_path / "whole.mkv")
    assert {path.name for path in tmp_path.iterdir()} == {"cut.mkv", "whole.mkv"}


def test_a_film_that_had_the_name_stays_until_there_is_a_better_one(tmp_path: Path) -> None:
    (tmp_path / "cut.mkv").write_bytes(b"no film")
    (tmp_path / "whole.mkv").write_bytes(b"mine")
    with pytest.raises(MatroskaError):
        mend(tmp_path / "cut.mkv", tmp_path / "whole.mkv")
    assert (tmp_path / "whole.mkv").read_bytes() == b"mine"
