"""Charts: the same bars in either format, nothing outside, nothing that breaks the file."""

from pathlib import Path
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.bench.chart import (
    BEST_PART,
    PART,
    WHOLE,
    WIDTH,
    WRONG,
    Bar,
    Chart,
    as_png,
    as_svg,
    writer_for,
)
from livesegment.errors import SinkError, UsageError

NAME = "{http://www.w3.org/2000/svg}"


def chart(*bars: Bar, title: str = "model") -> Chart:
    return Chart(title, "medians", "ms", bars, part="network", rest="rest", best="the fastest")


def boxes(chart: Chart, colour: str) -> list[dict[str, float]]:
    """Rectangles of a colour in the SVG, those of the legend left out."""
    root = ET.fromstring(as_svg(chart))  # noqa: S314 -- our own
    found = [dict(item.attrib) for item in root.iter(f"{NAME}rect")]
    sides = ("x", "y", "width", "height")
    rows = [{s: float(r[s]) for s in sides} for r in found if r["fill"] == colour and "x" in r]
    return [row for row in rows if row["y"] > 100]


def pixels(chart: Chart) -> NDArray[np.uint8]:
    """The PNG, read."""
    image = cv2.imdecode(np.frombuffer(as_png(chart), np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(image, np.uint8)


def texts(chart: Chart) -> list[ET.Element]:
    return list(ET.fromstring(as_svg(chart)).iter(f"{NAME}text"))  # noqa: S314 -- our own


def test_bars_are_as_long_as_their_values() -> None:
    drawn = chart(Bar("slow", 80, 60), Bar("quick", 20, 10))
    slow, quick = boxes(drawn, WHOLE)
    dark = boxes(drawn, PART)
    assert slow["width"] / quick["width"] == pytest.approx(4, rel=0.01)
    assert [d["width"] / slow["width"] for d in dark] == pytest.approx([0.75, 0.125], abs=0.01)


def test_the_best_has_a_colour_of_its_own_and_the_legend_says_so() -> None:
    drawn = chart(Bar("slow", 80), Bar("quick", 20, best=True))
    assert len(boxes(drawn, BEST_PART)) == 1
    assert "the fastest" in [text.text for text in texts(drawn)]
    assert "the fastest" not in [text.text for text in texts(chart(Bar("slow", 80)))]


def test_agreement_stands_beside_the_bar_and_in_red_where_it_is_poor() -> None:
    good, poor = Bar("a", 80, note="7/7"), Bar("b", 20, note="1/7", wrong=True)
    colours = {text.text: text.attrib["fill"] for text in texts(chart(good, poor))}
    assert colours["1/7"] == WRONG != colours["7/7"]


def test_text_is_escaped() -> None:
    drawn = chart(Bar("<b> & \x07", 1, note='"&"'), title="a<b>&c")
    said = [text.text for text in texts(drawn)]
    assert {"a<b>&c", "<b> & ?", '"&"'} <= set(said)


def test_nothing_reaches_beyond_the_picture() -> None:
    drawn = chart(
        *(Bar("engine " * 9, value, note="note " * 4) for value in (1e-6, 0, 3, 123456)),
        title="very long " * 20,
    )
    rows = boxes(drawn, WHOLE)
    assert len(rows) == 4
    assert all(row["x"] >= 0 and row["x"] + row["width"] <= WIDTH for row in rows)
    image = pixels(drawn)
    edge = np.concatenate((image[:, :8], image[:, -8:]), axis=1)
    assert edge.min() == 255


def test_rows_do_not_overlap() -> None:
    rows = boxes(chart(*(Bar(str(i), 10) for i in range(5))), WHOLE)
    ends = [row["y"] + row["height"] for row in rows]
    assert all(end < row["y"] for end, row in zip(ends, rows[1:], strict=False))


def test_a_png_has_the_bars_of_the_svg() -> None:
    drawn = chart(Bar("slow", 80, 60), Bar("quick", 20, 10))
    image = pixels(drawn)
    for row in boxes(drawn, PART):
        x, y = int(2 * row["x"]) + 4, int(2 * row["y"]) + 4
        assert tuple(image[y, x]) == tuple(bytes.fromhex(PART[1:])[::-1])


def test_a_chart_of_nothing_can_be_drawn() -> None:
    assert as_png(chart()).startswith(b"\x89PNG")
    assert as_svg(chart()).startswith(b"<svg")


@pytest.mark.parametrize(("name", "start"), [("a.svg", b"<svg"), ("b.PNG", b"\x89PNG")])
def test_the_suffix_says_which_format(name: str, start: bytes, tmp_path: Path) -> None:
    writer_for(tmp_path / name)(chart(Bar("a", 1)))
    assert (tmp_path / name).read_bytes().startswith(start)


def test_another_suffix_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.svg or a \.png") as caught:
        writer_for(tmp_path / "chart.jpg")
    assert "chart.svg" in str(caught.value.hint)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="cannot write"):
        writer_for(tmp_path / "nowhere" / "chart.svg")(chart())
