"""A file server on the loopback that can be told to misbehave."""

import http.server
import io
import tarfile
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Resource:
    """What lies under one path, and how it is handed out; tests change it as they go."""

    body: bytes = b""
    etag: str = ""
    modified: str = ""
    ranges: bool = True
    """Whether Range is heeded."""
    cuts: list[int] = field(default_factory=list)
    """For each of the next answers, after how many bytes the connection ends."""
    says_length: bool = True
    status: int = 200
    location: str = ""
    """Where a redirect leads to."""
    stalls: bool = False
    """Whether the answer breaks off in silence instead of ending."""
    shift: int = 0
    """How far beside the bytes asked for a range begins."""


@dataclass(slots=True)
class FileServer:
    """Paths, what lies there, and what was asked for."""

    address: str
    resources: dict[str, Resource] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """(path, headers with names in lower case)."""
    closing: threading.Event = field(default_factory=threading.Event)

    def put(self, path: str, resource: Resource) -> str:
        """Lay something under a path; returns its URL."""
        self.resources[path] = resource
        return self.address + path

    @property
    def ranges_asked(self) -> list[str]:
        """The Range header of each request, empty where there was none."""
        return [headers.get("range", "") for _, headers in self.requests]


@contextmanager
def file_server() -> Generator[FileServer]:
    """Serve until the end of the block."""
    with http.server.HTTPServer(("127.0.0.1", 0), _Handler) as server:
        files = FileServer(f"http://127.0.0.1:{server.server_port}")
        server.files = files  # type: ignore[attr-defined]
        with ThreadPoolExecutor(1, "file server") as pool:
            serving = pool.submit(server.serve_forever, 0.01)
            try:
                yield files
            finally:
                files.closing.set()
                server.shutdown()
                serving.result(10)


def tar_gz(*members: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    """An archive of regular files, (path, contents), and of whatever else is given."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            archive.addfile(info, io.BytesIO(member[1]))
    return out.getvalue()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        files: FileServer = self.server.files  # type: ignore[attr-defined]
        files.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        found = files.resources.get(self.path, Resource(status=404))
        if found.status != 200:
            self.send_response(found.status)
            if found.location:
                self.send_header("Location", found.location)
            self.end_headers()
            return
        self._send(found, files)

    def _send(self, found: Resource, files: FileServer) -> None:
        start, asked = 0, self.headers["Range"]
        condition = self.headers["If-Range"]
        if asked and found.ranges and condition in {None, found.etag, found.modified}:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(found.body):
                self.send_response(416)
                self.end_headers()
                return
            start += found.shift
            self.send_response(206)
            size = len(found.body)
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        else:
            self.send_response(200)
        for name, value in (("ETag", found.etag), ("Last-Modified", found.modified)):
            if value:
                self.send_header(name, value)
        body = found.body[start:]
        if found.says_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: found.cuts.pop(0)] if found.cuts else body)
        if found.stalls:
            self.wfile.flush()
            files.closing.wait(10)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        """Tests are quiet."""
