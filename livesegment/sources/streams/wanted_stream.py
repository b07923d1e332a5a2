"""The stream that somebody means, connected to again and again, and why it gives nothing."""

from livesegment.errors import SourceError
from livesegment.sources.addresses.address import Address
from livesegment.sources.addresses.url import redact
from livesegment.sources.probes.diagnosis import Diagnosis, answers, diagnose
from livesegment.sources.probes.rtsp_probe import sent_on
from livesegment.sources.probes.wire import Deadline
from livesegment.sources.streams.probing import is_rtsp
from livesegment.sources.streams.stream import OPEN_TIMEOUT, StreamSource, Transport
from livesegment.sources.supervision.health import Cause

LONG_TIMEOUT = 15.0
"""Seconds; some cameras send a picture that can be decoded by itself every ten."""


class WantedStream:
    """What a URL names. It lives as long as the run, over all connections.

    A server that answers, offers video, and gave no picture in the usual time gets more of it at
    the next try.
    """

    def __init__(
        self, address: Address, *, transport: Transport = "tcp", max_age: float | None = None
    ) -> None:
        self.name = address.name
        self._address = address
        self._transport: Transport = transport
        self._max_age = max_age
        self._slow = False

    def connect(self) -> StreamSource:
        """One more connection, not opened yet."""
        return StreamSource(
            self._address.url,
            name=self.name,
            transport=self._transport,
            open_timeout=LONG_TIMEOUT if self._slow else OPEN_TIMEOUT,
            max_age=self._max_age,
            check=self._check_redirects,
        )

    def _check_redirects(self) -> None:
        """See to it that user and password go to nobody but this server.

        Raises:
            SourceError: they would, or it cannot be told.
        """
        address = self._address
        if address.user is None or not is_rtsp(address.scheme):
            return
        try:
            target = sent_on(address, Deadline(LONG_TIMEOUT if self._slow else OPEN_TIMEOUT))
        except Exception as error:  # whatever a server does: nothing more is told to it
            raise SourceError(f"cannot open {address}") from error
        if target is not None:
            raise SourceError(
                f"{redact(address.server)} sends on to {redact(target)}, and the login stays here",
                hint="if that is right, name it: rtsp://USER:PASSWORD@HOST/PATH",
            )

    def diagnose(self, error: SourceError | None = None) -> Diagnosis:
        """Why it cannot be opened or read; may take seconds.

        Args:
            error: that came of it, if one did.
        """
        found = diagnose(self._address, error)
        self._slow = found.cause is Cause.UNKNOWN
        return found

    def answers(self) -> bool:
        """Whether somebody listens there."""
        return answers(self._address)
