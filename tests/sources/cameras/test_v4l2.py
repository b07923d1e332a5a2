"""What a driver is asked, and what is made of its answers; a table stands in for a driver."""

import errno
import sys
from pathlib import Path

import pytest

from livesegment.sources.cameras import v4l2
from livesegment.sources.cameras.v4l2 import Mode
from tests.sources.fake_cameras import CAPTURE, CODEC, METADATA, PLANES, Driver, Machine, every

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Video4Linux2")


def _asked(tmp_path: Path, driver: Driver) -> v4l2.Device | None:
    machine = Machine(tmp_path)
    return v4l2.query(machine.plug(0, driver), machine.control)


def _known(tmp_path: Path, driver: Driver) -> v4l2.Device:
    device = _asked(tmp_path, driver)
    assert device is not None
    return device


def test_ioctls_have_the_numbers_of_the_kernels_header() -> None:
    numbers = [
        v4l2.request(0, 104, writes=False, machine="x86_64"),
        v4l2.request(2, 64, machine="armv7l"),
        v4l2.request(74, 44, machine="aarch64"),
        v4l2.request(75, 52, machine="s390x"),
    ]
    assert numbers == [0x80685600, 0xC0405602, 0xC02C564A, 0xC034564B]


def test_mips_and_powerpc_have_numbers_of_their_own() -> None:
    assert v4l2.request(0, 104, writes=False, machine="mips64") == 0x40685600
    assert v4l2.request(2, 64, machine="ppc64le") == 0xC0405602


def test_a_camera_tells_its_modes(tmp_path: Path) -> None:
    device = _known(tmp_path, Driver())
    assert (device.driver, device.card, device.bus) == (
        "uvcvideo",
        "Good Webcam",
        "usb-0000:00:14.0-1",
    )
    assert device.captures
    assert device.modes[0] == Mode("YUYV", (640, 480), (30.0, 15.0))
    assert device.modes[-1] == Mode("MJPG", (1920, 1080), (30.0,))
    assert len(device.modes) == 6


def test_rates_are_fractions_of_seconds(tmp_path: Path) -> None:
    driver = Driver({"YUYV": {(640, 480): [(1001, 30000), (333333, 5000000), (2, 15)]}})
    assert _known(tmp_path, driver).modes[0].rates == (29.97, 15.0, 7.5)


def test_a_camera_of_several_planes_is_one(tmp_path: Path) -> None:
    device = _known(tmp_path, Driver(abilities=PLANES, planes=True))
    assert device.captures
    assert device.modes


@pytest.mark.parametrize("abilities", [METADATA, 0, PLANES | CODEC])
def test_what_is_no_camera_gives_no_pictures(tmp_path: Path, abilities: int) -> None:
    device = _known(tmp_path, Driver(abilities=abilities, whole=CAPTURE | METADATA))
    assert not device.captures
    assert device.modes == ()


def test_a_file_is_no_device(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    assert v4l2.query(tmp_path / "film.mp4") is None


def test_a_device_that_is_gone_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        v4l2.query(tmp_path / "video0")
    with pytest.raises(OSError, match="No such device"):
        _asked(tmp_path, Driver(fails=errno.ENODEV))


def test_sizes_in_a_range_are_its_ends_and_the_usual_ones_that_fit(tmp_path: Path) -> None:
    driver = Driver({"YUYV": {}}, size_range=(32, 1640, 8, 32, 1232, 8))
    sizes = [mode.size for mode in _known(tmp_path, driver).modes]
    assert sizes[0] == (1640, 1232)
    assert sizes[-1] == (32, 32)
    assert (1280, 720) in sizes
    assert (1920, 1080) not in sizes


def test_rates_in_a_range_are_its_ends_and_the_usual_ones_between(tmp_path: Path) -> None:
    driver = Driver({"YUYV": {(640, 480): []}}, interval_range=(1, 40, 1, 5, 1, 1000))
    rates = _known(tmp_path, driver).modes[0].rates
    assert (rates[0], rates[-1]) == (40.0, 5.0)
    assert {30.0, 25.0, 15.0} <= set(rates)


def test_a_driver_that_tells_no_rates_has_modes_without(tmp_path: Path) -> None:
    device = _known(tmp_path, Driver({"MJPG": {(640, 480): []}}))
    assert device.modes == (Mode("MJPG", (640, 480), ()),)


@pytest.mark.parametrize(
    "intervals", [[(0, 0)], [(0, 30)], [(1, 0)], [(1, 4_000_000_000)], [(4_000_000_000, 1)]]
)
def test_rates_that_are_nonsense_are_left_out(
    tmp_path: Path, intervals: list[tuple[int, int]]
) -> None:
    driver = Driver({"MJPG": {(640, 480): [*intervals, *every(30)]}})
    assert _known(tmp_path, driver).modes[0].rates == (30.0,)


def test_sizes_that_are_nonsense_are_left_out(tmp_path: Path) -> None:
    sizes = {(0, 0): every(30), (640, 480): every(30), (4_000_000_000, 480): every(30)}
    device = _known(tmp_path, Driver({"MJPG": sizes}))
    assert [mode.size for mode in device.modes] == [(640, 480)]


def test_a_driver_that_never_ends_its_lists_is_left_alone(tmp_path: Path) -> None:
    driver = Driver(endless=True)
    device = _known(tmp_path, driver)
    assert device.modes == (Mode("YUYV", (640, 480), (30.0,)),)
    assert driver.asked <= v4l2.MOST_ANSWERS + 1


def test_a_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    device = _known(tmp_path, Driver({"\x1b[2J": {(64, 48): []}}, card=b"a\x1b[2Jb\xff\0rest"))
    assert device.card == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}"
    assert device.modes[0].format == "\N{REPLACEMENT CHARACTER}[2J"
