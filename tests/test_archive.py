"""Archives that unpack to more than they should: refused, and nothing is left."""

import gzip
import io
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from livesegment import archive
from livesegment.archive import unpack

MEMBER = "net/weights.pb"
MiB = 1 << 20


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A header of 512 bytes, whatever may follow it."""
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def pax(key: str, value: str) -> bytes:
    """A header that says something of the file after it."""
    body = f"{key}={value}\n"
    length = len(body) + 1 + len(str(len(body) + 4))
    record = f"{length} {body}".encode()
    return header("pax", len(record), tarfile.XHDTYPE) + record + bytes(-len(record) % 512)


BOMBS: dict[str, Callable[[], bytes]] = {
    "pax header": lambda: header("pax", 64 * MiB, tarfile.XHDTYPE) + bytes(64 * MiB),
    "pax header that goes on": lambda: header("pax", 1 << 40, tarfile.XHDTYPE) + bytes(2 * MiB),
    "global pax header": lambda: header("pax", 64 * MiB, tarfile.XGLTYPE) + bytes(64 * MiB),
    "long name": lambda: header("name", 64 * MiB, tarfile.GNUTYPE_LONGNAME) + bytes(64 * MiB),
    "long link": lambda: header("name", 64 * MiB, tarfile.GNUTYPE_LONGLINK) + bytes(64 * MiB),
    "headers of headers": lambda: pax("comment", "x") * 3000 + header(MEMBER, 0),
    "members": lambda: header("other", 0) * 20_000 + header(MEMBER, 0),
    "member": lambda: header(MEMBER, 1 << 50),
    "size in pax": lambda: pax("size", str(1 << 60)) + header(MEMBER, 0),
    "sparse": lambda: (
        pax("GNU.sparse.realsize", str(1 << 60)) + pax("GNU.sparse.map", "0,1") + header(MEMBER, 0)
    ),
    "skipped": lambda: header("other", 1 << 50) + header(MEMBER, 0),
    "negative": lambda: header(MEMBER, -512),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_does_not_go_off(bomb: str, tmp_path: Path) -> None:
    packed = tmp_path / "net.tar.gz"
    packed.write_bytes(gzip.compress(BOMBS[bomb]() + bytes(1024), 1))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="archive"):
            unpack(packed, MEMBER, tmp_path / "weights.pb")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 32 * MiB
    assert not (tmp_path / "weights.pb").exists()


def test_a_large_archive_is_read_as_far_as_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name in ("other", MEMBER):
            info = tarfile.TarInfo(name)
            info.size = 2 * MiB
            tar.addfile(info, io.BytesIO(bytes(2 * MiB)))
    packed = tmp_path / "net.tar.gz"
    packed.write_bytes(out.getvalue())
    unpack(packed, MEMBER, tmp_path / "weights.pb")
    assert (tmp_path / "weights.pb").stat().st_size == 2 * MiB
    monkeypatch.setattr(archive, "LARGEST", MiB)
    with pytest.raises(ValueError, match=r"too large|impossible size"):
        unpack(packed, MEMBER, tmp_path / "weights.pb")
