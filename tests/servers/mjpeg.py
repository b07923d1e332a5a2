"""A camera on the loopback that sends JPEG pictures over HTTP, and can be told to misbehave."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from livesegment.frame import Image
from livesegment.threads.mailbox import Closed
from tests.servers.base import Guest, LoopbackServer, read_head
from tests.servers.camera import Camera
from tests.servers.coding import JpegCoder
from tests.servers.credentials import Credentials
from tests.servers.programme import Programme, repeated

PATH = "/video"


class MjpegServer(LoopbackServer):
    """Sends a programme to everybody who asks for `/video`, as parts of one endless answer."""

    def __init__(
        self, programme: Programme | None = None, *, credentials: Credentials | None = None
    ) -> None:
        self.programme = programme or Programme()
        self.sent = 0
        """Pictures, to all guests together."""
        self._credentials = credentials
        self.camera = Camera(self.programme, JpegCoder())
        self.silent = self.camera.silent
        """Set: who is connected stays so and gets nothing more."""
        super().__init__()

    def url(self, credentials: str = "", path: str = PATH) -> str:
        """Where it is; credentials as `user:password`, escaped or not."""
        return f"http://{credentials}{'@' if credentials else ''}127.0.0.1:{self.port}{path}"

    def die(self) -> None:
        """Go down for good; see `LoopbackServer.die`."""
        self.camera.stop()
        super().die()

    def serve(self, guest: Guest) -> None:
        """Answer one request, endlessly."""
        first, headers, _ = read_head(guest.connection)
        self.pause_before_answer(guest)
        method, path, _ = first.split(" ", 2)
        status, head = self.trouble.status or 200, ["Connection: close"]
        if self._credentials is not None and not self._credentials.admit(
            method, headers.get("authorization", "")
        ):
            status = 401
            head.append(f"WWW-Authenticate: {self._credentials.challenge}")
        elif path != PATH:
            status = 404
        kind = "multipart/x-mixed-replace; boundary=frame" if status == 200 else "text/plain"
        head.append(f"Content-Type: {kind}")
        guest.send("\r\n".join([f"HTTP/1.1 {status} .", *head, "", ""]).encode())
        if status == 200:
            self._show(guest)

    def _show(self, guest: Guest) -> None:
        queue = self.camera.watch()
        try:
            while (coded := queue.get()) is not None:
                jpeg = self.mischief.done_to(coded.data)
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                guest.send(self.mischief.noise() + head.encode() + jpeg + b"\r\n")
                self.sent += 1
        except Closed:
            return
        finally:
            self.camera.leave(queue)


@contextmanager
def mjpeg_server(
    pictures: Sequence[Image], *, fps: float = 50.0, credentials: str | None = None
) -> Generator[MjpegServer]:
    """Serve given pictures, again and again, until the end of the block.

    Args:
        pictures: of one size.
        fps: how many a second.
        credentials: `user:password` that is asked for.
    """
    user, _, password = (credentials or "").partition(":")
    wanted = None if credentials is None else Credentials(user, password)
    with MjpegServer(repeated(pictures, fps), credentials=wanted) as server:
        yield server
