"""An address that every event is posted to."""

import base64
import threading
from urllib.parse import unquote, urlsplit

from livesegment.errors import UsageError
from livesegment.events.hooks import HookError, Message
from livesegment.transport import TransferError, post

TIMEOUT = 5.0
"""Seconds that connecting, and each read, may take."""
TRIES = 3
PAUSE = 1.0
"""Seconds before the second try; twice that before the third."""
BUSY = frozenset({408, 425, 429})
"""Besides 5xx: another try may do better."""


class Webhook:
    """Posts events as JSON over HTTP; see `Hook`.

    Redirects are not followed: an event goes to the address that was given, or nowhere.
    """

    def __init__(
        self,
        url: str,
        shown: str,
        *,
        timeout: float = TIMEOUT,
        pause: float = PAUSE,
    ) -> None:
        """Check the address.

        Args:
            url: http or https; `user:password@` becomes Basic authentication.
            shown: as much of it as messages may show.
            timeout: seconds that connecting, and each read, may take.
            pause: seconds before the second try.

        Raises:
            UsageError: it is no such address.
        """
        self._name = f"--webhook {shown}"
        self._timeout = timeout
        self._pause = pause
        self._headers = {"Content-Type": "application/json"}
        try:
            parts = urlsplit(url)
            port = "" if parts.port is None else f":{parts.port}"
        except ValueError:
            raise self._refused() from None  # the message of urlsplit may show the password
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise self._refused()
        if not url.isascii() or not url.isprintable() or " " in url:
            raise UsageError(
                f"{self._name}: a URL has neither spaces nor letters beyond ASCII",
                hint="a space is written %20",
            )
        if parts.username is not None:
            secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = f"Basic {base64.b64encode(secret.encode()).decode()}"
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self._url = parts._replace(netloc=host + port, fragment="").geturl()

    @property
    def name(self) -> str:
        """See `Hook.name`."""
        return self._name

    def deliver(self, message: Message, stop: threading.Event) -> None:
        """Post the event, up to three times; see `Hook.deliver`."""
        reason = ""
        for attempt in range(TRIES):
            if attempt and stop.wait(self._pause * 2 ** (attempt - 1)):
                break
            try:
                status, words = post(self._url, message.data, self._headers, self._timeout)
            except TransferError as error:
                reason = str(error)
                continue
            if 200 <= status < 300:
                return
            reason = f"the server answers {status} {words}".rstrip()
            if status < 500 and status not in BUSY:
                break
        raise HookError(reason)

    def _refused(self) -> UsageError:
        return UsageError(
            f"{self._name}: this is no http or https address",
            hint="such as --webhook https://example.org/events; @ / ? # in a password are "
            "written %40 %2F %3F %23",
        )
