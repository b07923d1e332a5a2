"""What a player makes of packets."""

from collections.abc import Sequence
from typing import Any

from livesegment.codecs.base import Packet
from livesegment.codecs.libav import load


def decoded(private: bytes, packets: Sequence[Packet]) -> list[Any]:
    """FFmpeg's frames of H.264 packets as Matroska holds them."""
    av = load()
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = private
    frames = [frame for packet in packets for frame in decoder.decode(av.Packet(packet.data))]
    return [*frames, *decoder.decode(None)]
