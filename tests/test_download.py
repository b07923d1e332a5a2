"""Downloads: resumed, checked, and never half there under a final name."""

import hashlib
import io
import os
import socket
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from livesegment import atomic, transport
from livesegment.atomic import only_one
from livesegment.download import TRIES, check_address, fetch
from livesegment.errors import ModelError
from livesegment.spec import ModelFile
from tests.fakes_http import FileServer, Resource, file_server, tar_gz

BODY = bytes(range(256)) * 2000
"""512 000 bytes: several chunks."""
MEMBER = "some_net/frozen_inference_graph.pb"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("no_proxy", "*")
    with file_server() as files:
        yield files


class Heard:
    """Progress that remembers."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int | None]] = []

    def __call__(self, done: int, total: int | None) -> None:
        self.calls.append((done, total))


def model_file(url: str, body: bytes = BODY, /, **others: str) -> ModelFile:
    keys = {"role": "weights", "name": "net.pb", "sha256": hashlib.sha256(body).hexdigest()}
    return ModelFile(**{**keys, "url": url, **others})


def archive_file(url: str, packed: bytes, body: bytes = BODY) -> ModelFile:
    sha1 = hashlib.sha1(packed, usedforsecurity=False).hexdigest()
    return model_file(url, body, member=MEMBER, archive_sha1=sha1)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_fetches_a_file_whole_and_leaves_nothing_else(server: FileServer, tmp_path: Path) -> None:
    heard = Heard()
    folder = tmp_path / "made" / "here"
    path = fetch(model_file(server.put("/net", Resource(BODY))), folder, heard)
    assert path == folder / "net.pb"
    assert path.read_bytes() == BODY
    assert names(folder) == ["net.pb"]
    assert heard.calls[0] == (0, len(BODY))
    assert heard.calls[-1] == (len(BODY), len(BODY))


def test_size_that_the_server_does_not_say(server: FileServer, tmp_path: Path) -> None:
    heard = Heard()
    fetch(model_file(server.put("/net", Resource(BODY, says_length=False))), tmp_path, heard)
    assert heard.calls[-1] == (len(BODY), None)


def test_a_file_that_is_there_and_right_is_not_asked_for(
    server: FileServer, tmp_path: Path
) -> None:
    (tmp_path / "net.pb").write_bytes(BODY)
    fetch(model_file(server.put("/net", Resource(BODY))), tmp_path, Heard())
    assert server.requests == []


def test_a_damaged_file_is_replaced(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "net.pb").write_bytes(BODY[:-1])
    fetch(model_file(server.put("/net", Resource(BODY))), tmp_path, Heard())
    assert (tmp_path / "net.pb").read_bytes() == BODY


def test_a_cut_connection_is_taken_up_at_once(server: FileServer, tmp_path: Path) -> None:
    url = server.put("/net", Resource(BODY, etag='"one"', cuts=[100_000, 50_000]))
    path = fetch(model_file(url), tmp_path, Heard())
    assert path.read_bytes() == BODY
    assert server.ranges_asked == ["", "bytes=100000-", "bytes=150000-"]
    assert server.requests[1][1]["if-range"] == '"one"'


def test_a_connection_cut_for_good_keeps_what_came(server: FileServer, tmp_path: Path) -> None:
    resource = Resource(BODY, etag='"one"', cuts=[100_000, 0])
    file = model_file(server.put("/net", resource))
    with pytest.raises(ModelError, match="cut after 100000 of 512000") as caught:
        fetch(file, tmp_path, Heard())
    assert str(caught.value.hint).startswith("run the same command again")
    assert names(tmp_path) == ["net.pb.part", "net.pb.part.from"]
    heard = Heard()
    fetch(file, tmp_path, heard)
    assert heard.calls[0] == (100_000, len(BODY))
    assert server.ranges_asked[-1] == "bytes=100000-"
    assert names(tmp_path) == ["net.pb"]


def test_a_server_that_cuts_again_and_again_is_given_up(server: FileServer, tmp_path: Path) -> None:
    url = server.put("/net", Resource(BODY, etag='"one"', cuts=[10] * (TRIES + 1)))
    with pytest.raises(ModelError, match="cut after"):
        fetch(model_file(url), tmp_path, Heard())
    assert len(server.requests) == TRIES


def test_silence_ends_with_the_time_out(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", 0.1)
    url = server.put("/net", Resource(BODY, cuts=[1000], stalls=True))
    # The next try finds the server, which does one thing at a time, still silent.
    with pytest.raises(ModelError, match=r"no answer within 0\.1 s"):
        fetch(model_file(url), tmp_path, Heard())
    assert (tmp_path / "net.pb.part").stat().st_size == 1000


def start_a_download(server: FileServer, folder: Path, resource: Resource) -> ModelFile:
    """Leave 100 000 bytes of a part behind, as an earlier run may have."""
    file = model_file(server.put("/net", replace(resource, cuts=[100_000, 0])))
    with pytest.raises(ModelError):
        fetch(file, folder, Heard())
    server.put("/net", resource)
    server.requests.clear()
    return file


def test_a_server_without_ranges_starts_over(server: FileServer, tmp_path: Path) -> None:
    file = start_a_download(server, tmp_path, Resource(BODY, etag='"one"'))
    server.put("/net", Resource(BODY, etag='"one"', ranges=False))
    heard = Heard()
    assert fetch(file, tmp_path, heard).read_bytes() == BODY
    assert server.ranges_asked == ["bytes=100000-"]
    assert heard.calls[0][0] == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Resource(BODY, etag='"one"'), Resource(BODY[::-1], etag='"two"')),
        (
            Resource(BODY, modified="Mon, 06 Jan 2025 10:00:00 GMT"),
            Resource(BODY[::-1], modified="Tue, 07 Jan 2025 10:00:00 GMT"),
        ),
    ],
    ids=["etag", "last-modified"],
)
def test_a_file_that_changed_is_not_glued_together(
    server: FileServer, tmp_path: Path, before: Resource, after: Resource
) -> None:
    start_a_download(server, tmp_path, before)
    changed = model_file(server.put("/net", after), after.body)
    assert fetch(changed, tmp_path, Heard()).read_bytes() == after.body
    assert server.ranges_asked == ["bytes=100000-"]


def test_a_range_from_elsewhere_starts_over(server: FileServer, tmp_path: Path) -> None:
    file = start_a_download(server, tmp_path, Resource(BODY, etag='"one"'))
    server.put("/net", Resource(BODY, etag='"one"', shift=7))
    assert fetch(file, tmp_path, Heard()).read_bytes() == BODY
    assert server.ranges_asked == ["bytes=100000-", ""]


def test_a_part_longer_than_the_file_starts_over(server: FileServer, tmp_path: Path) -> None:
    file = start_a_download(server, tmp_path, Resource(BODY))
    (tmp_path / "net.pb.part").write_bytes(BODY + b"more")
    assert fetch(file, tmp_path, Heard()).read_bytes() == BODY
    assert server.ranges_asked == ["bytes=512004-", ""]


def test_a_part_from_another_address_is_not_continued(server: FileServer, tmp_path: Path) -> None:
    start_a_download(server, tmp_path, Resource(BODY, etag='"one"'))
    moved = model_file(server.put("/elsewhere", Resource(BODY, etag='"one"')))
    assert fetch(moved, tmp_path, Heard()).read_bytes() == BODY
    assert server.ranges_asked == [""]


def test_a_part_that_is_whole_needs_no_request(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "net.pb.part").write_bytes(BODY)
    path = fetch(model_file(server.put("/net", Resource(BODY))), tmp_path, Heard())
    assert path.read_bytes() == BODY
    assert server.requests == []


def test_a_wrong_sum_leaves_nothing(server: FileServer, tmp_path: Path) -> None:
    wanted = hashlib.sha256(BODY).hexdigest()
    found = hashlib.sha256(BODY[::-1]).hexdigest()
    url = server.put("/net", Resource(BODY[::-1]))
    with pytest.raises(ModelError, match=f"sha256 is {found}, not {wanted}"):
        fetch(model_file(url), tmp_path, Heard())
    assert names(tmp_path) == []


def test_a_wrong_sum_leaves_the_file_that_was_there(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "net.pb").write_bytes(b"old")
    with pytest.raises(ModelError):
        fetch(model_file(server.put("/net", Resource(BODY[::-1]))), tmp_path, Heard())
    assert (tmp_path / "net.pb").read_bytes() == b"old"


def test_a_text_graph_has_the_sum_of_its_lf_text(server: FileServer, tmp_path: Path) -> None:
    url = server.put("/graph", Resource(b"node {\r\n}\r\n"))
    file = model_file(url, b"node {\n}\n", role="graph", name="net.pbtxt")
    assert fetch(file, tmp_path, Heard()).is_file()


def test_ctrl_c_keeps_the_part(server: FileServer, tmp_path: Path) -> None:
    def press_ctrl_c(done: int, total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    file = model_file(server.put("/net", Resource(BODY, etag='"one"')))
    with pytest.raises(KeyboardInterrupt):
        fetch(file, tmp_path, press_ctrl_c)
    kept = (tmp_path / "net.pb.part").stat().st_size
    assert 0 < kept < len(BODY)
    fetch(file, tmp_path, Heard())
    assert server.ranges_asked == ["", f"bytes={kept}-"]


def test_not_found(server: FileServer, tmp_path: Path) -> None:
    url = server.address + "/net"
    with pytest.raises(ModelError, match="the server answers 404") as caught:
        fetch(model_file(url), tmp_path, Heard())
    assert caught.value.hint == f"by hand: fetch {url} and save it as {tmp_path / 'net.pb'}"
    assert names(tmp_path) == []


def test_without_a_network_all_files_of_a_model_are_named(
    server: FileServer, tmp_path: Path
) -> None:
    other = archive_file(server.address + "/other.tar.gz", b"")
    with pytest.raises(ModelError) as caught:
        fetch(model_file(server.address + "/net"), tmp_path, Heard(), others=[other])
    for word in (server.address + "/net and", "/other.tar.gz", MEMBER, str(tmp_path / "net.pb")):
        assert word in str(caught.value.hint)


def test_refused_connection_says_what_to_do_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: nobody else gets the port
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/net.tar.gz"
        with pytest.raises(ModelError, match="Connection refused") as caught:
            fetch(archive_file(url, b""), tmp_path, Heard())
    for part in (url, MEMBER, str(tmp_path / "net.pb")):
        assert part in str(caught.value.hint)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "not for download"),
        ("file:///etc/hostname", "only http and https"),
        ("ftp://example.org/net.pb", "only http and https"),
        ("data:text/plain,hello", "only http and https"),
        ("net.pb", "only http and https"),
        ("https:///net.pb", "no address"),
        ("https://example.org/a b", "no address"),
        ("https://example.org/\r\nHost: other", "no address"),
        ("https://example.org/\N{LATIN SMALL LETTER E WITH ACUTE}", "no address"),
        ("https://example.org:port/net.pb", "address is wrong"),
        ("https://[::1/net.pb", "address is wrong"),
        ("https://me:secret@example.org/net.pb", "must not hold a user name or password"),
    ],
)
def test_other_addresses_are_refused(url: str, message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        check_address(model_file(url))
    assert "secret" not in str(caught.value)


def test_plain_http_needs_a_sum() -> None:
    check_address(model_file("https://example.org/net.pb", sha256=""))
    check_address(
        model_file("http://example.org/n.tgz", sha256="", member="m", archive_sha1="0" * 40)
    )
    unchecked: list[dict[str, str]] = [{}, {"archive_sha1": "0" * 40}, {"member": "m"}]
    for keys in unchecked:
        with pytest.raises(ModelError, match="no sum is known"):
            check_address(model_file("http://example.org/net.pb", **{"sha256": "", **keys}))


def test_redirects_are_followed(server: FileServer, tmp_path: Path) -> None:
    server.put("/there", Resource(BODY, etag='"one"', cuts=[100_000]))
    url = server.put("/here", Resource(status=302, location="/there"))
    assert fetch(model_file(url), tmp_path, Heard()).read_bytes() == BODY
    assert server.ranges_asked == ["", "", "bytes=100000-", "bytes=100000-"]


@pytest.mark.parametrize(
    "location", ["file:///etc/hostname", "ftp://127.0.0.1/net", "data:,hello", "http://[::1"]
)
def test_redirects_to_elsewhere_are_refused(
    server: FileServer, tmp_path: Path, location: str
) -> None:
    url = server.put("/here", Resource(status=302, location=location))
    with pytest.raises(ModelError):
        fetch(model_file(url), tmp_path, Heard())
    assert names(tmp_path) == []


def test_endless_redirects_end(server: FileServer, tmp_path: Path) -> None:
    url = server.put("/here", Resource(status=302, location="/here"))
    with pytest.raises(ModelError, match="redirect"):
        fetch(model_file(url), tmp_path, Heard())


def test_an_archive_gives_its_member_and_goes(server: FileServer, tmp_path: Path) -> None:
    packed = tar_gz(("some_net/other.txt", b"x"), (MEMBER, BODY), ("../outside", b"y"))
    url = server.put("/net.tar.gz", Resource(packed))
    path = fetch(archive_file(url, packed), tmp_path / "models", Heard())
    assert path.read_bytes() == BODY
    assert names(tmp_path / "models") == ["net.pb"]
    assert names(tmp_path) == ["models"]


def test_an_archive_is_resumed_too(server: FileServer, tmp_path: Path) -> None:
    packed = tar_gz((MEMBER, os.urandom(200_000)), ("some_net/other", BODY))
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None
        body = member.read()
    resource = Resource(packed, cuts=[100_000, 0])
    file = archive_file(server.put("/net.tar.gz", resource), packed, body)
    with pytest.raises(ModelError):
        fetch(file, tmp_path, Heard())
    assert names(tmp_path) == ["net.pb.archive.part", "net.pb.archive.part.from"]
    assert fetch(file, tmp_path, Heard()).read_bytes() == body
    assert server.ranges_asked[-1] == "bytes=100000-"


def link(kind: bytes, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(MEMBER)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (tar_gz(("some_net/other", BODY)), "holds no some_net"),
        (tar_gz(("/" + MEMBER, BODY)), "holds no some_net"),
        (tar_gz(("../" + MEMBER, BODY)), "holds no some_net"),
        (tar_gz(link(tarfile.SYMTYPE, "/etc/hostname")), "no regular file"),
        (tar_gz(link(tarfile.SYMTYPE, "other"), ("some_net/other", BODY)), "no regular file"),
        (tar_gz(link(tarfile.LNKTYPE, "some_net/other")), "no regular file"),
        (tar_gz(link(tarfile.DIRTYPE, "")), "no regular file"),
        (tar_gz(link(tarfile.FIFOTYPE, "")), "no regular file"),
        (tar_gz((MEMBER, BODY))[:-2000], "damaged"),
        (tar_gz((MEMBER, os.urandom(1000)))[:600], "damaged"),
        (b"\x1f\x8b" + bytes(100), "damaged"),
        (b"<html>not here any more</html>", "damaged"),
        (b"", "damaged"),
        (tar_gz((MEMBER, BODY[::-1])), "sha256 is"),
    ],
    ids=[  # an archive's bytes hold the time at which it was made, and make no name
        "other-member",
        "absolute",
        "above",
        "link-outside",
        "link-inside",
        "hard-link",
        "folder",
        "pipe",
        "end-missing",
        "half-missing",
        "no-gzip",
        "web-page",
        "empty",
        "wrong-sum",
    ],
)
def test_a_hostile_or_damaged_archive_leaves_nothing(
    server: FileServer, tmp_path: Path, packed: bytes, message: str
) -> None:
    url = server.put("/net.tar.gz", Resource(packed))
    with pytest.raises(ModelError, match=message):
        fetch(archive_file(url, packed), tmp_path / "models", Heard())
    assert names(tmp_path / "models") == []
    assert names(tmp_path) == ["models"]


def test_an_archive_with_a_wrong_sum_is_not_opened(server: FileServer, tmp_path: Path) -> None:
    url = server.put("/net.tar.gz", Resource(tar_gz((MEMBER, BODY))))
    with pytest.raises(ModelError, match="its sha1 is"):
        fetch(archive_file(url, b"another"), tmp_path, Heard())
    assert names(tmp_path) == []


def test_a_second_process_is_turned_away(server: FileServer, tmp_path: Path) -> None:
    file = model_file(server.put("/net", Resource(BODY)))
    with only_one(tmp_path / "net.pb"):
        with pytest.raises(ModelError, match="another process"):
            fetch(file, tmp_path, Heard())
        assert server.requests == []
    assert fetch(file, tmp_path, Heard()).is_file()


def test_a_lock_left_by_a_killed_process_holds_nobody_up(
    server: FileServer, tmp_path: Path
) -> None:
    (tmp_path / "net.pb.lock").touch()
    fetch(model_file(server.put("/net", Resource(BODY))), tmp_path, Heard())
    assert names(tmp_path) == ["net.pb"]


def test_a_lock_on_a_removed_file_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = atomic._lock
    locked: list[int] = []

    def removed_meanwhile(descriptor: int) -> None:
        if not locked:
            (tmp_path / "net.pb.lock").unlink()
        locked.append(descriptor)
        lock(descriptor)

    monkeypatch.setattr(atomic, "_lock", removed_meanwhile)
    with only_one(tmp_path / "net.pb"):
        assert names(tmp_path) == ["net.pb.lock"]
    assert len(locked) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("packed", [False, True])
def test_a_full_disk_is_said_so(server: FileServer, tmp_path: Path, packed: bool) -> None:
    (tmp_path / "net.pb.part").symlink_to("/dev/full")
    archive = tar_gz((MEMBER, BODY))
    url = server.put("/net", Resource(archive if packed else BODY))
    with pytest.raises(ModelError, match="the disk is full"):
        fetch(archive_file(url, archive) if packed else model_file(url), tmp_path, Heard())
    assert not (tmp_path / "net.pb").exists()
    assert (tmp_path / "net.pb.archive.part").exists() == packed


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(ModelError, match="cannot write"):
        fetch(model_file("https://example.org/net.pb"), tmp_path / "models", Heard())
