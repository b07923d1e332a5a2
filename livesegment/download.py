"""Downloads of model files: resumed where they broke off, checked before they get their name.

A download grows as `NAME.part` and becomes `NAME` only when its sums are right, so a file under
its final name is whole. The sums are the safety: some makers offer their weights over plain http
only. A file of which no sum is known is fetched over https or not at all.
"""

import http.client
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from livesegment.archive import unpack
from livesegment.atomic import install, only_one, writing
from livesegment.errors import ModelError
from livesegment.spec import ModelFile
from livesegment.store import sum_mismatch
from livesegment.transport import (
    RangeError,
    SizeError,
    TransferError,
    connect,
    length,
    read,
    validator,
)

TRIES = 5
"""Connections made for one file, as long as each brings some of it."""
CHUNK = 1 << 16


class Progress(Protocol):
    """Hears how far a download is; called from the thread that downloads."""

    def __call__(self, done: int, total: int | None) -> None:
        """Take note.

        Args:
            done: bytes there, those of earlier tries included.
            total: bytes in all; None where the server does not say.
        """
        ...


def fetch(
    file: ModelFile, folder: Path, progress: Progress, others: Sequence[ModelFile] = ()
) -> Path:
    """Download one file of a model into `folder`, unless it is there with the right sums.

    Args:
        file: what to fetch.
        folder: where to.
        progress: hears how far it is.
        others: what the model needs beside, for the hint of what to do without a network.

    Returns:
        Where the file is.

    Raises:
        ModelError: it cannot be fetched, is not what its description says, or cannot be written.
            Nothing is under the final name then that was not there before. What came before a
            cut connection, or before Ctrl-C, stays for the next try.
    """
    check_address(file)
    target = folder / file.name
    part = folder / f"{file.name}.part"
    hint = "by hand: " + "; ".join(by_hand(one, folder) for one in (file, *others))
    with only_one(target):
        if target.is_file() and not sum_mismatch(target, file):
            return target  # another process was quicker
        if file.member:
            packed = folder / f"{file.name}.archive.part"
            archive = ModelFile(
                role=file.role, name=packed.stem, url=file.url, sha1=file.archive_sha1
            )
            _Download(archive, packed, progress, hint).complete()
            _unpack(packed, file, part)
            install(part, target)
            _forget(packed)
        else:
            _Download(file, part, progress, hint).complete()
            install(part, target)
            _forget(part)
    return target


def check_address(file: ModelFile) -> None:
    """Refuse addresses that are not fetched, before anything is said or done about them.

    Raises:
        ModelError: there is none, or it is no http or https address, holds a password, or would
            bring a file over plain http that nothing can be checked against.
    """
    if not file.url:
        raise ModelError(
            f"{file.name} is not for download",
            hint="`livesegment models import FILE` adds a file of your own",
        )
    try:
        parts = urlsplit(file.url)
        port_is_right = parts.port != 0
    except ValueError as error:
        raise ModelError(f"{file.name}: its address is wrong: {error}") from error
    if "@" in parts.netloc:
        raise ModelError(f"{file.name}: its address must not hold a user name or password")
    _check_scheme(file, parts.scheme)
    plain = file.url.isascii() and file.url.isprintable() and " " not in file.url
    if not (parts.hostname and port_is_right and plain):
        raise ModelError(f"{file.name}: {file.url!r} is no address")


def by_hand(file: ModelFile, folder: Path) -> str:
    """What to do without this machine's network."""
    target = folder / file.name
    if file.member:
        return f"fetch {file.url}, take {file.member} out of it and save it as {target}"
    return f"fetch {file.url} and save it as {target}"


@dataclass(frozen=True, slots=True)
class _Download:
    """One address and the file that grows from it."""

    file: ModelFile
    """Its sums are those of what lies at the address."""
    part: Path
    progress: Progress
    hint: str
    """What to do where the network does not help."""

    def complete(self) -> None:
        """Fetch what is missing and check the whole."""
        if self._size() and self._knows_sums() and not sum_mismatch(self.part, self.file):
            return  # whole already, and interrupted before it got its name
        failure = TransferError("the server does not give it whole")
        for _ in range(TRIES):
            before = self._size()
            try:
                whole = self._transfer()
            except RangeError:
                whole = False
            except SizeError as error:
                _forget(self.part)
                raise self._failed(error) from error
            except TransferError as error:
                if self._size() <= before:
                    raise self._failed(error) from error
                failure = error
                continue
            if whole:
                _check(self.part, self.file)
                return
            _forget(self.part)  # the server has another file by now, or less of it
        raise self._failed(failure) from failure

    def _failed(self, error: TransferError) -> ModelError:
        """The error for a download that does not go on."""
        hint = "run the same command again to go on from there; or " if self._size() else ""
        return ModelError(f"cannot fetch {self.file.url}: {error}", hint=hint + self.hint)

    def _transfer(self) -> bool:
        """One request and what it brings; False where it does not continue the part."""
        note = self._note()
        have = 0 if note is None else self._size()
        headers = {"Range": f"bytes={have}-"} if have else {}
        if have and note:
            headers["If-Range"] = note
        allow = partial(_check_scheme, self.file)
        with connect(self.file.url, headers, allow) as response:
            if response.status == 206:
                begins = f"bytes {have}-"
                if not have or not str(response.headers["Content-Range"]).startswith(begins):
                    return False
                if note and validator(response) not in {note, ""}:
                    return False
            else:
                have = 0  # the server ignores ranges, or the file has changed
            self._write(response, have)
        return True

    def _write(self, response: http.client.HTTPResponse, done: int) -> None:
        """Append what comes after the first `done` bytes."""
        left = length(response)
        total = None if left is None else done + left
        with writing(self.part), self.part.open("r+b" if done else "wb") as out:
            out.seek(done)
            if not done:
                # After the part is emptied: a note never goes with bytes of another file.
                said = f"{self.file.url}\n{validator(response)}\n"
                _note_of(self.part).write_text(said, "utf-8")
            self.progress(done, total)
            while total is None or done < total:
                chunk = read(response, CHUNK if total is None else min(CHUNK, total - done))
                if not chunk:
                    break
                out.write(chunk)
                done += len(chunk)
                self.progress(done, total)
        if total is not None and done < total:
            raise TransferError(f"the connection was cut after {done} of {total} bytes")

    def _size(self) -> int:
        """Bytes there."""
        return self.part.stat().st_size if self.part.is_file() else 0

    def _knows_sums(self) -> bool:
        return bool(self.file.sha256 or self.file.sha1)

    def _note(self) -> str | None:
        """What the server called the file that the part is of; None: not to be resumed."""
        try:
            url, said = _note_of(self.part).read_text("utf-8").splitlines()
        except (OSError, ValueError):
            return None
        return said if url == self.file.url and (said or self._knows_sums()) else None


def _check_scheme(file: ModelFile, scheme: str) -> None:
    """Refuse other schemes, and plain http for what cannot be checked afterwards."""
    if scheme not in {"http", "https"}:
        raise ModelError(f"{file.name}: only http and https are fetched, not {scheme!r}")
    checked = file.sha256 or file.sha1 or (file.member and file.archive_sha1)
    if scheme == "http" and not checked:
        raise ModelError(
            f"{file.name} is offered over plain http, and no sum is known to check it against",
            hint="add its sha256 to the model's description, or an https address",
        )


def _check(part: Path, file: ModelFile) -> None:
    """Compare sums; what differs is deleted, so that the next try starts afresh."""
    if wrong := sum_mismatch(part, file):
        _forget(part)
        raise ModelError(
            f"{file.url} gave something else than {file.name}: {wrong}",
            hint="try again; if it stays so, the file has been replaced at its source",
        )


def _unpack(packed: Path, file: ModelFile, part: Path) -> None:
    """Take the model's file out of its archive and check it."""
    try:
        with writing(part):
            unpack(packed, file.member, part)
        _check(part, file)
    except ValueError as error:
        _forget(packed)
        raise ModelError(f"{file.url} gives no {file.name}: {error}", hint="try again") from error
    except ModelError as error:
        if not isinstance(error.__cause__, OSError):  # a full disk keeps the archive
            _forget(packed)
        raise


def _note_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.from")


def _forget(part: Path) -> None:
    for path in (part, _note_of(part)):
        with writing(path):
            path.unlink(missing_ok=True)
