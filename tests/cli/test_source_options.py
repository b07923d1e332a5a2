"""Sources by flag and by config file, one or several, and how live ones are kept."""

from pathlib import Path

import pytest

from livesegment.cli.options import RunOptions
from livesegment.cli.source_options import FOREVER, Wanted, tries
from livesegment.cli.sources import all_sources
from livesegment.errors import SpecError, UsageError
from livesegment.sources.supervision.health import Supervised
from tests.cli.runner import Cli


def _from_file(tmp_path: Path, text: str) -> RunOptions:
    path = tmp_path / "run.toml"
    path.write_text(text, "utf-8")
    return RunOptions().with_values(RunOptions.from_file(path))


def test_cameras_and_sources_are_all_wanted() -> None:
    options = RunOptions(camera=["0", "Brio"], source=["film.mp4"])
    assert options.wanted == (
        Wanted("0", is_camera=True),
        Wanted("Brio", is_camera=True),
        Wanted("film.mp4"),
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('source = "film.mp4"', (Wanted("film.mp4"),)),
        ('source = ["a.mp4", "b.mp4"]', (Wanted("a.mp4"), Wanted("b.mp4"))),
        ('camera = "0"', (Wanted("0", is_camera=True),)),
        (
            '[[source]]\nname = "door"\nsource = "rtsp://10.0.0.2/a"\n[[source]]\ncamera = "0"',
            (Wanted("rtsp://10.0.0.2/a", "door"), Wanted("0", None, is_camera=True)),
        ),
    ],
)
def test_a_config_file_names_them(tmp_path: Path, text: str, wanted: tuple[Wanted, ...]) -> None:
    assert _from_file(tmp_path, text).wanted == wanted


@pytest.mark.parametrize(
    "text",
    [
        "source = 3",
        "source = [3]",
        "[[source]]\nname = 'door'",
        "[[source]]\nsource = 'a'\ncamera = '0'",
        "[[source]]\nsource = 3",
        "[[source]]\nsauce = 'a'",
        "camera = [0]",
    ],
)
def test_what_names_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SpecError, match=r"run\.toml"):
        _from_file(tmp_path, text)


def test_tables_are_printed_so_that_they_can_be_read_back(tmp_path: Path) -> None:
    first = _from_file(tmp_path, '[[source]]\nname = "a \\"door\\""\nsource = "synthetic"')
    assert _from_file(tmp_path, first.to_toml()) == first


def test_a_printed_config_has_no_password(cli: Cli) -> None:
    ended = cli("run", "--source", "rtsp://user:geh#eim@10.0.0.2/a", "--print-config")
    assert ended.code == 0
    assert "eim" not in ended.out
    assert "${NAME}" in ended.out


def test_each_source_has_a_name_of_its_own() -> None:
    options = RunOptions(source=["synthetic", "synthetic", "rtsp://h.x/a", "rtsp://h.x/a"])
    made = all_sources(options)
    assert [one.name for one in made] == ["synthetic", "synthetic (2)", "h.x/a", "h.x/a (2)"]
    assert isinstance(made[3], Supervised)


def test_two_of_one_given_name_are_refused(tmp_path: Path) -> None:
    row = '[[source]]\nname = "door"\nsource = "synthetic"\n'
    with pytest.raises(UsageError, match="two sources are called 'door'"):
        all_sources(_from_file(tmp_path, row + row))


@pytest.mark.parametrize(
    ("text", "count"), [(None, None), ("5", 5), ("forever", FOREVER), ("Forever", FOREVER)]
)
def test_tries(text: str | None, count: int | None) -> None:
    assert tries(text) == count


@pytest.mark.parametrize("text", ["0", "-1", "many", ""])
def test_no_number_of_tries(text: str) -> None:
    with pytest.raises(UsageError, match="--retry"):
        tries(text)


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (("--frozen-after", "soon"), "--frozen-after"),
        (("--on-frozen", "panic"), "--on-frozen"),
        (("--rtsp-transport", "pigeon"), "--rtsp-transport"),
        (("--max-age", "old"), "--max-age"),
        (("--camera-size", "big"), "--camera-size"),
        (("--credentials", "none.netrc"), "--credentials"),
        (("--retry", "often"), "--retry"),
    ],
)
def test_a_wrong_value_names_its_flag(cli: Cli, flags: tuple[str, str], word: str) -> None:
    source = ("--source", "rtsp://10.0.0.2/a", "--model", "motion", "--headless")
    ended = cli("run", *source, *flags)
    assert ended.code == 2
    assert word in ended.complaint[0]
