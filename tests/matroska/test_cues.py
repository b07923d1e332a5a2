"""The index: as many key frames as a player needs."""

from livesegment.matroska import ebml
from livesegment.matroska.contents import children, number
from livesegment.matroska.cues import Cues


def _times(cues: Cues) -> list[int]:
    head = ebml.read_head(encoded := cues.encoded(1))
    assert head is not None
    points = [dict(children(point)) for _, point in children(encoded[head.length :])]
    return [number(point[ebml.CUE_TIME]) for point in points]


def test_a_key_frame_each_second_is_never_passed_over() -> None:
    cues = Cues()
    for index in range(20):
        cues.add(1000 * index - index % 3, 100 * index, 0)
    assert len(_times(cues)) == 20


def test_of_a_film_of_key_frames_alone_one_a_second_is_kept() -> None:
    cues = Cues()
    for index in range(3000):
        cues.add(33 * index, index, index)
    assert 99 <= len(cues) <= 110


def test_a_point_says_where_its_cluster_and_its_block_are() -> None:
    cues = Cues()
    cues.add(70_000, 123_456_789, 17)
    head = ebml.read_head(encoded := cues.encoded(1))
    assert head is not None
    point = dict(children(dict(children(encoded[head.length :]))[ebml.CUE_POINT]))
    where = {name: number(content) for name, content in children(point[b"\xb7"])}
    assert where == {
        ebml.CUE_TRACK: 1,
        ebml.CUE_CLUSTER_POSITION: 123_456_789,
        ebml.CUE_RELATIVE_POSITION: 17,
    }
