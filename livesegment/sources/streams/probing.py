"""How FFmpeg finds out what a stream is before it gives a picture: fast, and then with patience.

By default it looks at 20 frames for their rate alone, and keeps them: the first picture is a second
old when it comes.
"""

PATIENT = "fpsprobesize;3|analyzeduration;{most}"
"""Millionths of a second, at most. Of fewer than three frames it would guess the rate wrong."""
FOR_THE_REST = 2.0
"""Seconds of the time to open a stream that are left to others than FFmpeg's looking at it."""
AT_ONCE = "fpsprobesize;0|probesize;32"
"""The first packet will do. Of the rate FFmpeg then knows what the server said, and no more."""
PACKETS = PATIENT.format(most=2_000_000) + "|overrun_nonfatal;1"
RTMP = "fpsprobesize;3|analyzeduration;500000"
"""It never says that there is no sound, so that FFmpeg waits the whole time."""
RTSP = "rtsp_transport;{transport}|allowed_media_types;video|"

_OPTIONS = {
    **dict.fromkeys(("udp", "rtp", "tcp", "srt"), PACKETS),
    **dict.fromkeys(("rtmp", "rtmps"), RTMP),
}


def is_rtsp(scheme: str) -> bool:
    """Whether the server tells of a stream before it sends it."""
    return scheme in {"rtsp", "rtsps"}


def attempts(scheme: str, transport: str, seconds: float) -> tuple[str, ...]:
    """FFmpeg's options for a stream, as `open_capture` takes them.

    Args:
        scheme: in lower case.
        transport: of RTSP, tcp or udp.
        seconds: that it may take.

    Returns:
        Those to try first, and those to try after them where the size is not known yet.
    """
    if is_rtsp(scheme):
        begin = RTSP.format(transport=transport)
        most = round(1e6 * max(FOR_THE_REST, seconds - FOR_THE_REST))
        return begin + AT_ONCE, begin + PATIENT.format(most=most)
    return (_OPTIONS.get(scheme, ""),)
