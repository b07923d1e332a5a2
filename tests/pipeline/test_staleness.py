"""The measurement of staleness measures it."""

from pathlib import Path

import pytest

from tests.benchmarks.staleness import Camera, Network, Stopwatch, inline, pipeline

SIZE, FPS, INFER, SECONDS = (320, 240), 20.0, 0.06, 2.0


@pytest.mark.parametrize("side", ["pipeline", "inline"])
def test_both_sides_tell_how_old_the_pictures_are_that_they_show(side: str, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="H.264 is made by PyAV")
    camera, network = Camera(tmp_path, SIZE, FPS), Network(SIZE, FPS, INFER)
    try:
        if side == "pipeline":
            watch, said = pipeline(camera, network, SECONDS)
            assert "segmented" in said[0]
        else:
            watch = inline(camera, network, SECONDS)
    finally:
        camera.stop()
    assert len(watch.rows) > 1
    assert min(age for _, age in watch.rows) > 0
    assert len(watch.table(side)) == 1


def test_the_table_has_a_row_a_minute_and_one_for_all() -> None:
    watch = Stopwatch(None)  # type: ignore[arg-type]
    watch.rows = [(100 + i / 10, 0.05 + 0.01 * (i % 2)) for i in range(1500)]
    rows = watch.table("side")
    assert [row.split("|")[2].strip() for row in rows] == ["1", "2", "3", "all"]
    assert rows[0].split("|")[3].strip() == "10.0"
    assert rows[0].split("|")[4].strip() == "55"
