"""COCO's run-length encoding of masks, straight from box-sized crops.

Format: runs of zeros and ones in turn, column by column, starting with zeros; written as text by
the variable-length code of the COCO API (5 bits a character from "0" on, every count but the
first three as the difference to the count two before).
Source: cocodataset/cocoapi, `maskApi.c`, `rleToString` and `rleFrString`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def crop_counts(
    mask: NDArray[np.bool_], origin: tuple[int, int], size: tuple[int, int]
) -> list[int]:
    """Run lengths of a full-frame mask of which only a crop is held.

    Args:
        mask: (h, w) bool crop; everything outside of it is zero.
        origin: (x, y) of the crop's first pixel in the frame.
        size: (width, height) of the frame.

    Returns:
        Counts that sum to width * height, zeros first.
    """
    x, y = origin
    total = size[0] * size[1]
    height, width = mask.shape
    if height == 0 or width == 0:
        return [total]
    # A zero row below each column keeps runs from joining two columns that do not touch; where
    # the crop is as tall as the frame they do touch, and the equal ends below cancel out.
    # The zero before the first column lets a run start there.
    bits = np.zeros(width * (height + 1) + 1, np.bool_)
    bits[1:].reshape(width, height + 1)[:, :height] = mask.T
    change = np.flatnonzero(bits[1:] != bits[:-1])
    column, row = np.divmod(change, height + 1)
    ends = (x + column) * size[1] + y + row
    if height == size[1]:
        joins = np.flatnonzero(ends[1::2][:-1] == ends[2::2]) * 2 + 1
        ends = np.delete(ends, np.concatenate((joins, joins + 1)))
    counts: list[int] = np.diff(ends, prepend=0, append=total).tolist()
    if counts[-1] == 0 and len(counts) > 1:
        counts.pop()
    return counts


def encode_counts(counts: Sequence[int]) -> str:
    """COCO's compressed text of run lengths."""
    text: list[str] = []
    for i, count in enumerate(counts):
        value = count - counts[i - 2] if i > 2 else count
        while True:
            bits = value & 0x1F
            value >>= 5
            more = value != (-1 if bits & 0x10 else 0)
            text.append(chr(48 + bits + (0x20 if more else 0)))
            if not more:
                break
    return "".join(text)


def decode_counts(text: str) -> list[int]:
    """Run lengths of COCO's compressed text.

    Raises:
        ValueError: the text is not such an encoding.
    """
    counts: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64:
            raise ValueError(f"{character!r} does not belong in run lengths")
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    if shift:
        raise ValueError("run lengths end in the middle of a number")
    return counts


def decode_mask(counts: Sequence[int], size: tuple[int, int]) -> NDArray[np.bool_]:
    """The full-frame mask of run lengths.

    Args:
        counts: run lengths, zeros first.
        size: (width, height) of the frame.

    Returns:
        (height, width) bool.

    Raises:
        ValueError: the runs do not cover the frame exactly.
    """
    width, height = size
    if sum(counts) != width * height or min(counts, default=0) < 0:
        raise ValueError(f"runs cover {sum(counts)} pixels, the frame has {width * height}")
    values = np.arange(len(counts)) % 2 == 1
    flat: NDArray[np.bool_] = np.repeat(values, counts)
    return np.ascontiguousarray(flat.reshape(width, height).T)


def decode_crop(text: str, size: tuple[int, int]) -> tuple[NDArray[np.bool_], tuple[int, int]]:
    """The part of a mask that has any pixels: what `crop_counts` and `encode_counts` made.

    Args:
        text: COCO's compressed text of run lengths.
        size: (width, height) of the frame.

    Returns:
        The smallest (h, w) bool crop that holds every pixel, (0, 0) in shape for an empty mask,
        and (x, y) of its first pixel in the frame.

    Raises:
        ValueError: the text is not such an encoding, or its runs do not cover the frame exactly.
    """
    height = size[1]
    ends = run_ends(text, size)
    first, behind = ends[0:-1:2], ends[1::2]
    full = behind > first
    first, behind = first[full], behind[full]
    if first.size == 0:
        return np.zeros((0, 0), np.bool_), (0, 0)
    column, row = np.divmod(first, height)
    last_column, last_row = np.divmod(behind - 1, height)
    left, right = int(column[0]), int(last_column[-1]) + 1
    # A run over the end of a column has pixels in the frame's last row and in its first.
    over = bool(np.any(column != last_column))
    top, bottom = (0, height) if over else (int(row.min()), int(last_row.max()) + 1)
    # One up where a run begins and one down behind it: summed up, the mask.
    tall = bottom - top
    steps = np.zeros((right - left) * tall + 1, np.int8)
    steps[(column - left) * tall + row - top] += 1
    steps[(last_column - left) * tall + last_row - top + 1] -= 1
    columns = np.cumsum(steps[:-1], dtype=np.int8).view(np.bool_).reshape(right - left, tall)
    return np.ascontiguousarray(columns.T), (left, top)


def run_ends(text: str, size: tuple[int, int]) -> NDArray[np.int64]:
    """Where each run of a full-frame mask ends, zeros first.

    Raises:
        ValueError: as `decode_crop` does.
    """
    pixels = size[0] * size[1]
    counts = _counts(text)
    ends = np.cumsum(counts)
    least, most = counts.min(initial=0), counts.max(initial=0)  # sums of larger ones may wrap
    if least < 0 or most > pixels or (ends[-1] if ends.size else 0) != pixels:
        raise ValueError(f"runs do not cover the {pixels} pixels of the frame")
    return ends


def _counts(text: str) -> NDArray[np.int64]:
    """As `decode_counts`, for all characters at once."""
    codes = np.frombuffer(text.encode(), np.uint8).astype(np.int64) - 48
    if codes.size == 0:
        return codes
    if codes.min() < 0 or codes.max() > 63:
        raise ValueError("there are characters that do not belong in run lengths")
    last = np.flatnonzero(codes & 0x20 == 0)
    if last.size == 0 or last[-1] != codes.size - 1:
        raise ValueError("run lengths end in the middle of a number")
    begin = np.concatenate(([0], last[:-1] + 1))
    lengths = last - begin + 1
    if lengths.max() > 8:
        raise ValueError("a run is longer than any frame")
    shifts = 5 * (np.arange(codes.size) - np.repeat(begin, lengths))
    values: NDArray[np.int64] = np.add.reduceat((codes & 0x1F) << shifts, begin)
    values -= np.where(codes[last] & 0x10, np.int64(1) << 5 * lengths, 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values
