"""The stream that somebody means, connected to again and again, and why it gives nothing."""

from livesegment.errors import SourceError
from livesegment.sources.addresses.address import Address
from livesegment.sources.probes.diagnosis import Diagnosis, answers, diagnose
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
