"""A server on the loopback that takes what is posted to it, and answers as it is told."""

import http.server
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class PostServer:
    """What it was sent, and what it answers."""

    port: int
    statuses: list[int] = field(default_factory=list)
    """Of the next answers; then 200. 0 never answers."""
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """(path, headers with names in lower case, body)."""
    closing: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/hook", user: str = "") -> str:
        """An address of it; `user` is `name:password@`."""
        return f"http://{user}127.0.0.1:{self.port}{path}"


@contextmanager
def post_server() -> Generator[PostServer]:
    """Serve until the end of the block."""
    with http.server.HTTPServer(("127.0.0.1", 0), _Handler) as server:
        posts = PostServer(server.server_port)
        server.posts = posts  # type: ignore[attr-defined]
        with ThreadPoolExecutor(1, "post server") as pool:
            serving = pool.submit(server.serve_forever, 0.01)
            try:
                yield posts
            finally:
                posts.closing.set()
                server.shutdown()
                serving.result(10)


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        posts: PostServer = self.server.posts  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        posts.posts.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        status = posts.statuses.pop(0) if posts.statuses else 200
        if not status:
            posts.closing.wait(10)
            return
        self.send_response(status)
        if status in {301, 302, 307, 308}:
            self.send_header("Location", posts.url("/elsewhere"))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        """Tests are quiet."""
