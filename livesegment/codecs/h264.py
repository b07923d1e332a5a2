"""H.264: small and exact; by a GPU's encoder where one works, else by libx264."""

from livesegment.codecs import hardware
from livesegment.codecs.base import Packet
from livesegment.codecs.libav import LibavEncoder, Recipe, load
from livesegment.errors import SinkError
from livesegment.frame import Image
from livesegment.threads.cores import usable_cores

SOFTWARE = "libx264"
PRESETS = ((15e6, "veryfast", 23), (30e6, "superfast", 24), (float("inf"), "ultrafast", 25))
"""(pixels a second for each core, up to which it is taken; preset; its CRF), the smallest first.

A pixel costs about 10, 6 and 4 ns, so the first two take no more than a fifth of the processor
from the network; with these rate factors all three look the same (PSNR within 0.6 dB).
"""
MOST_CORES = 4
"""More are not counted: the encoder has two threads at most."""
ONE_THREAD = 64e6
"""Pixels a second up to which one thread does: 1920x1080 at 30."""


def why_not() -> str | None:
    """Why there is no H.264 here; None where there is.

    Where the machine looks as if it had an encoder in hardware, that is tried now, so that the
    first file need not wait for it.
    """
    try:
        av = load()
    except SinkError as error:
        return str(error)
    found = hardware.working(fps=30.0)
    if not found and SOFTWARE not in av.codecs_available:
        return f"PyAV {av.__version__} was built without {SOFTWARE}"
    return None


def software(size: tuple[int, int], fps: float, cores: int) -> Recipe:
    """How libx264 is set, so that it keeps up and leaves most of the processor to the network.

    Nothing is held back: each picture's packet is there at once. Looking ahead would make files
    a sixth smaller and lose so many pictures in a crash.

    Args:
        size: (width, height).
        fps: pictures a second.
        cores: that this process may use.
    """
    rate = size[0] * size[1] * fps
    share = rate / min(cores, MOST_CORES)
    preset, crf = next((preset, crf) for most, preset, crf in PRESETS if share <= most)
    threads = 1 if rate <= ONE_THREAD else min(2, cores)
    options = {
        "preset": preset,
        "crf": str(crf),
        "tune": "zerolatency",
        "threads": str(threads),
        "forced-idr": "1",
    }
    return Recipe(SOFTWARE, options, name=f"{SOFTWARE} {preset}")


class H264Encoder:
    """The first encoder that opens, of those in hardware and libx264; see `Encoder`."""

    codec_id = LibavEncoder.codec_id
    exact = LibavEncoder.exact

    def __init__(self, size: tuple[int, int], fps: float) -> None:
        """Open an encoder.

        Args:
            size: (width, height) of the pictures, both even.
            fps: how many are expected a second.

        Raises:
            SinkError: PyAV is missing, or no encoder opens.
        """
        load()
        self._hardware = ""
        """Which of those in hardware it is; empty: none."""
        for recipe in hardware.working(size, fps):
            try:
                self._encoder = LibavEncoder(recipe, size, fps)
            except SinkError:
                hardware.distrust(recipe.encoder)
            else:
                self._hardware = recipe.encoder
                return
        self._encoder = LibavEncoder(software(size, fps, usable_cores()), size, fps)

    @property
    def name(self) -> str:
        """What really encodes: "h264_nvenc", "libx264 veryfast"."""
        return self._encoder.name

    @property
    def private(self) -> bytes:
        """The avcC; see `Encoder.private`."""
        return self._encoder.private

    def encode(self, image: Image, ms: int) -> list[Packet]:
        """Compress one picture; see `Encoder.encode`.

        After a failure in hardware, the next encoder is another.
        """
        try:
            return self._encoder.encode(image, ms)
        except SinkError:
            if self._hardware:
                hardware.distrust(self._hardware)
            raise

    def flush(self) -> list[Packet]:
        """The packets that are still held back; see `Encoder.flush`."""
        return self._encoder.flush()

    def close(self) -> None:
        """Give the encoder back. Safe to call twice."""
        self._encoder.close()
