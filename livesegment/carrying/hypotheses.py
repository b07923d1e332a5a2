"""One object in the newest frame: two guesses from the motion, and at each pixel the better one.

Forward: the points inside the mask say where the object went. It leaves nothing behind, but what
turned away stays in it. Backward: each pixel of the newest frame looks up where it came from. That
follows what comes and goes inside the object, but smears it over background laid bare. At each
pixel the guess counts that makes the key frame look like the newest one there.
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.carrying.motion import POINT_STEP, Field, Size, look_up
from livesegment.carrying.patch import Patch
from livesegment.carrying.shape import Shape, Sight
from livesegment.carrying.similarity import Points, Similarity, fit_similarity

FLAT = 4.0
"""Variance of the grey levels below which there is nothing to be alike in."""
ALIVE = 0.1
"""Share of valid points below which a mask is mostly wrong."""
ALIKE = 0.4
"""Correlation from which on an object is the same in another light."""
FAVOUR = 10.0
"""Grey levels that the backward guess must be better by to draw with the forward one."""
SIGMA = 4.5 / 320
"""Reach of the smoothing of what the similarity leaves over, as a share of the longest side."""
FADE = 0.004
"""Weight of "nothing left over" against the points, for where no point is near."""
FIT_POINTS = 200
"""More do not make the fit better, only slower."""
MARGIN = 6
"""Cells around the moved object in which it may still be found."""


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """An object in the newest frame."""

    patch: Patch | None
    """None where it has left the picture, or too few of its points look as in the key frame."""
    travel: float
    """How far it went from the key frame on, in raster pixels."""


def carry(shape: Shape, sight: Sight) -> Carried:
    """Find an object of a key frame in the newest frame."""
    if sight.trail.backward is None:
        return Carried(shape.patch, 0.0)
    if _is_still(shape, sight):
        return Carried(shape.patch, 0.0)
    after = sight.positions[shape.rows, shape.columns]
    valid = sight.valid[shape.rows, shape.columns]
    count, total = int(np.count_nonzero(valid)), len(valid)
    lost = count < ALIVE * total and not _recognised(shape, sight)
    if lost:
        return Carried(None, np.inf)
    weights = shape.weights * valid if count >= max(4, 0.05 * total) else shape.weights
    fit = _motion(shape.points, after, weights)
    travel = _travel(shape, fit) * max(sight.raster) / max(sight.trail.size)
    region = _region(shape, sight, fit, after[weights > 0])
    if region is None:
        return Carried(None, travel)
    forward = _forward_guess(shape, fit.inverse(), after, weights, region, sight)
    return Carried(_drawn(shape, sight, forward, region), travel)


Region: TypeAlias = tuple[int, int, int, int]
"""x1, y1, x2, y2 in cells, the last two exclusive; x1 and y1 are places of points."""


def _is_still(shape: Shape, sight: Sight) -> bool:
    """Whether nothing in and around an object has changed since the key frame.

    Flow drifts on noise, some tenths of a cell a second; where there is no motion at all the mask
    then stays as it is, to the pixel.
    """
    patch, (width, height) = shape.patch, sight.trail.size
    across, down = width / sight.raster[0], height / sight.raster[1]
    x1, y1 = max(0, int(patch.x * across) - 2), max(0, int(patch.y * down) - 2)
    part = sight.still_error[y1 : int(patch.bottom * down) + 3, x1 : int(patch.right * across) + 3]
    return bool(part.size) and int(part.max()) <= 2 * sight.noise + 2


def _recognised(shape: Shape, sight: Sight) -> bool:
    """Whether an object's points changed all together, as when it comes into a shadow."""
    before = sight.trail.key[::POINT_STEP, ::POINT_STEP][shape.rows, shape.columns]
    return _likeness(before, sight.change[shape.rows, shape.columns]) > ALIKE


def _likeness(before: NDArray[np.uint8], change: NDArray[np.int16]) -> float:
    """Correlation of what points looked like with what they look like: -1..1, whatever the light.

    Args:
        before: (n,) grey levels in the key frame.
        change: (n,) by how much they became lighter.
    """
    then = before - before.mean(dtype=np.float32)
    now = before + change.astype(np.float32)
    now -= now.mean()
    spread = float(np.sqrt((then @ then) * (now @ now)))
    return float(then @ now) / spread if spread > FLAT * len(before) else 0.0


def _travel(shape: Shape, fit: Similarity) -> float:
    """How far the outermost points of an object went, in cells."""
    outer = shape.points[[0, len(shape.points) // 2, -1]]
    return float(np.abs(fit.turn * outer + fit.shift - outer).max())


def _motion(before: Points, after: Points, weights: NDArray[np.float32]) -> Similarity:
    counted = np.flatnonzero(weights)
    counted = counted[:: max(1, len(counted) // FIT_POINTS)]
    return fit_similarity(before[counted], after[counted], weights[counted])


def _region(shape: Shape, sight: Sight, fit: Similarity, after: Points) -> Region | None:
    """Where the object may be: its box moved as a whole, and its points as far as they are near."""
    patch, (width, height) = shape.patch, sight.trail.size
    step = np.array([width / sight.raster[0], height / sight.raster[1]])
    xs, ys = np.array([patch.x, patch.right]) * step[0], np.array([patch.y, patch.bottom]) * step[1]
    corners = fit.turn * (xs[:, None] + 1j * ys[None, :]).ravel() + fit.shift
    low, high = (np.array([pick(corners.real), pick(corners.imag)]) for pick in (np.min, np.max))
    reach = 0.5 * (high - low) + 8
    if len(after):
        near = np.array([after.real.min(), after.imag.min()])
        far = np.array([after.real.max(), after.imag.max()])
        low = np.maximum(np.minimum(low, near), low - reach)
        high = np.minimum(np.maximum(high, far), high + reach)
    x1, y1 = (max(0, _even(side) - MARGIN) for side in low)
    x2, y2 = min(width, _even(high[0]) + MARGIN + 2), min(height, _even(high[1]) + MARGIN + 2)
    return (x1, y1, x2, y2) if x2 > x1 + 1 and y2 > y1 + 1 else None


def _even(position: float) -> int:
    """So that a region is whole pixels of the raster."""
    return int(position // 2) * 2


def _forward_guess(
    shape: Shape,
    back: Similarity,
    after: Points,
    weights: NDArray[np.float32],
    region: Region,
    sight: Sight,
) -> Field:
    """Where each block of cells came from, by the object's own points: positions in the key frame.

    The similarity, and on it what each point leaves over, spread over its surroundings.

    Returns:
        (h, w, 2), for the middles of blocks of `POINT_STEP` cells a side.
    """
    x1, y1, x2, y2 = region
    columns, rows = -(-(x2 - x1) // POINT_STEP), -(-(y2 - y1) // POINT_STEP)
    turn, shift = np.complex64(back.turn), np.complex64(back.shift)
    left_over = shape.points - (turn * after + shift)
    # A block of POINT_STEP cells a side begins half a cell before the centre of its first cell.
    column = np.floor((after.real - (x1 - 0.5)) / POINT_STEP).astype(np.intp)
    row = np.floor((after.imag - (y1 - 0.5)) / POINT_STEP).astype(np.intp)
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows) & (weights > 0)
    block, weight, rest = (row * columns + column)[inside], weights[inside], left_over[inside]
    sums = np.empty((rows, columns, 3), np.float32)
    for channel, amount in enumerate((weight, weight * rest.real, weight * rest.imag)):
        sums[..., channel] = np.bincount(block, amount, rows * columns).reshape(rows, columns)
    sigma = SIGMA * max(sight.trail.size) / POINT_STEP
    cv2.GaussianBlur(sums, (0, 0), sigma, dst=sums, borderType=cv2.BORDER_CONSTANT)
    x, y = np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)
    middle = (POINT_STEP - 1) / 2
    here = (x1 + middle + POINT_STEP * x) + 1j * (y1 + middle + POINT_STEP * y)[:, None]
    guess = (turn * here + shift).astype(np.complex64)[..., None].view(np.float32)
    guess += sums[..., 1:] / (sums[..., :1] + np.float32(FADE * POINT_STEP**2))
    return guess


def _drawn(shape: Shape, sight: Sight, blocks: Field, region: Region) -> Patch | None:
    """The mask, each pixel by the guess that explains the newest frame better around it.

    Args:
        shape: the object.
        sight: of its trail.
        blocks: the forward guess.
        region: where to draw.
    """
    x1, y1, x2, y2 = region
    size = x2 - x1, y2 - y1
    whole = blocks.shape[1] * POINT_STEP, blocks.shape[0] * POINT_STEP
    forward = np.asarray(cv2.resize(blocks, whole), np.float32)[: size[1], : size[0]]
    backward = sight.backward[y1:y2, x1:x2]
    lead = cv2.subtract(
        sight.backward_error[y1:y2, x1:x2], sight.error(forward, (x1, y1)), dtype=cv2.CV_32F
    )
    ratio = sight.raster[0] / sight.trail.size[0]
    fine = round(size[0] * ratio), round(size[1] * ratio)
    # One guess or the other, never their mean: that is a place where neither puts the pixel. To
    # choose places and look up once takes two thirds of the time of mixing two masks.
    _, ahead = cv2.threshold(cv2.resize(lead, fine), -FAVOUR, 1, cv2.THRESH_BINARY)
    places = _places(shape, sight, backward, fine)
    cv2.copyTo(_places(shape, sight, forward, fine), np.asarray(ahead, np.uint8), places)
    soft = look_up(shape.patch.soft, places, cv2.BORDER_CONSTANT)
    return Patch(round(x1 * ratio), round(y1 * ratio), np.asarray(soft, np.uint8)).trimmed()


def _places(shape: Shape, sight: Sight, guess: Field, fine: Size) -> Field:
    """Where in an object's patch to look for each pixel of a region.

    Args:
        shape: the object.
        sight: of its trail.
        guess: (h, w, 2) positions in the key frame, in cells.
        fine: size of the region in raster pixels.
    """
    patch, (width, height) = shape.patch, sight.trail.size
    ratio = np.float32(sight.raster[0] / width)
    first = np.float32(0.5) / ratio - np.float32(0.5)
    if patch.touches_edge(sight.raster):
        # What the picture's edge cuts off goes on behind it, as far as the region's margin goes.
        guess = np.clip(guess, first, np.array((width, height), np.float32) - 1 - first)
    corner = np.array([patch.x, patch.y], np.float32)
    inside = (guess - first) * ratio - corner
    return np.asarray(cv2.resize(inside, fine), np.float32)
