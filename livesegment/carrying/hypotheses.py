"""One object in the newest frame: two guesses from the motion, and at each pixel the better one.

Forward: the points inside the mask say where the object went. It leaves nothing behind, but what
turned away stays in it. Backward: each pixel of the newest frame looks up where it came from. That
follows what comes and goes inside the object, but smears it over background laid bare. At each
pixel the guess counts that makes the key frame look like the newest one there.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.carrying.motion import (
    LIT,
    POINT_STEP,
    Field,
    Grey,
    Numbers,
    Size,
    Trail,
    lattice,
    lighter,
    look_up,
)
from livesegment.carrying.patch import INSIDE, Patch, resampled

Points: TypeAlias = NDArray[np.complex64]
"""Positions (n,) as x + iy, so that turning and scaling is one product."""

PHOTO = 25
"""Grey levels by which a point may change before it counts as lost."""
FLAT = 4.0
"""Variance of the grey levels below which there is nothing to be alike in."""
ALIVE = 0.1
"""Share of valid points below which a mask is mostly wrong."""
ALIKE = 0.4
"""Correlation from which on an object is the same in another light."""
NOISE = 4.0
"""Grey levels; more than this, after averaging, is not taken for a camera's noise."""
FAVOUR = 10.0
"""Grey levels that the backward guess must be better by to draw with the forward one."""
SLOPE = 8.0
"""Grey levels from one guess alone to the other alone."""
SIGMA = 4.5 / 320
"""Reach of the smoothing of what the similarity leaves over, as a share of the longest side."""
FADE = 0.004
"""Weight of "nothing left over" against the points, for where no point is near."""
EDGE = 3 / 320
"""From so far inside its edge on, as a share of the longest side, a point counts in full."""
FIT_POINTS = 200
"""More do not make the fit better, only slower."""
FEWEST = 12
"""With fewer points turning and scaling cannot be told from noise."""
SCALES = (0.4, 2.5)
"""An object that seems to have grown or shrunk by more was not followed but lost."""
MARGIN = 6
"""Cells around the moved object in which it may still be found."""


def _middle(values: NDArray[np.floating]) -> float:
    """The median but for the mean of the two in the middle, at a fifth of numpy's time."""
    half = len(values) // 2
    return float(np.partition(values, half)[half])


@dataclass(frozen=True, slots=True)
class Similarity:
    """Turning, scaling and shifting of the plane: z -> turn z + shift."""

    turn: complex
    shift: complex

    def inverse(self) -> Self:
        """The way back."""
        return type(self)(1 / self.turn, -self.shift / self.turn)


def fit_similarity(before: Points, after: Points, weights: NDArray[np.floating]) -> Similarity:
    """The similarity that most of the points follow.

    Least squares, reweighted three times by how far off each point is, on the scale of the median
    distance (Geman and McClure's weights); it starts from the median shift.

    Args:
        before: (n,) positions.
        after: (n,) the same points later.
        weights: (n,) how much each counts.
    """
    moved = after - before
    shift = complex(_middle(moved.real), _middle(moved.imag))
    if len(before) < FEWEST:
        return Similarity(1, shift)
    fit = Similarity(1, shift)
    off = np.abs(moved - shift)
    floor = 1.0
    for _ in range(4):
        scale = 1.5 * max(floor, 1.48 * _middle(off))
        trust = weights / np.square(1 + np.square(off / scale))
        trust /= trust.sum() + 1e-9
        from_mean, to_mean = trust @ before, trust @ after
        arm, goal = before - from_mean, after - to_mean
        pull = trust * np.conj(arm)
        turn = complex(pull @ goal) / (float((pull @ arm).real) + 1e-9)
        fit = Similarity(turn, complex(to_mean) - turn * complex(from_mean))
        off = np.abs(turn * before + np.complex64(fit.shift) - after)
        floor = 0.5
    return fit if SCALES[0] < abs(fit.turn) < SCALES[1] else Similarity(1, shift)


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """An object in its key frame."""

    patch: Patch
    rows: NDArray[np.intp]
    """(n,) of its points among those that are followed."""
    columns: NDArray[np.intp]
    """(n,) likewise."""
    points: Points
    """(n,) where they are in the key frame, in cells."""
    weights: NDArray[np.float32]
    """(n,) 0..1, less at the edge, where mask and motion are least sure."""

    @classmethod
    def of(cls, patch: Patch, grid: Size, raster: Size) -> Self:
        """Find the points inside a mask; at least one, however small the mask is."""
        ratio = raster[0] / grid[0]
        pitch = ratio * POINT_STEP
        count = lattice(grid, POINT_STEP).shape
        column, row = int(patch.x // pitch), int(patch.y // pitch)
        width = max(1, min(count[1], int(np.ceil(patch.right / pitch))) - column)
        height = max(1, min(count[0], int(np.ceil(patch.bottom / pitch))) - row)
        # A point lies in the middle of the first cell of its step.
        start = (
            column * pitch + 0.5 * ratio - 0.5 - patch.x,
            row * pitch + 0.5 * ratio - 0.5 - patch.y,
        )
        soft = resampled(patch.soft, (pitch, pitch), start, (width, height))
        # Thin things fill no cell by half; their best cells then stand for them.
        inside = soft > min(float(INSIDE), 0.5 * float(soft.max()))
        if not inside.any():
            inside[height // 2, width // 2] = True
        framed = np.pad(inside, 1).view(np.uint8)
        depth = cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1] * POINT_STEP
        rows, columns = np.nonzero(inside)
        weights = np.minimum(depth[inside] / (EDGE * max(grid)), 1).astype(np.float32)
        rows = np.minimum(rows + row, count[0] - 1)
        columns = np.minimum(columns + column, count[1] - 1)
        points = ((columns + 1j * rows) * POINT_STEP).astype(np.complex64)
        return cls(patch, rows, columns, points, weights)


@dataclass(frozen=True, eq=False)
class Sight:
    """A key frame's motion set against the newest frame; shared by all its objects."""

    trail: Trail
    picture: Grey
    """The newest frame at the trail's size."""
    raster: Size

    @cached_property
    def light(self) -> float:
        """Grey levels by which all points became lighter: a camera adjusts its exposure."""
        return float(np.median(self.change[::4, ::4]))

    @cached_property
    def change(self) -> NDArray[np.int16]:
        """By how many grey levels each point is lighter than in the key frame: (h, w)."""
        start = self.trail.key[::POINT_STEP, ::POINT_STEP].astype(np.int16)
        return np.asarray(look_up(self.picture, self.trail.forward), np.int16) - start

    @cached_property
    def adjusted(self) -> Grey:
        """The newest frame in the light of the key frame."""
        return self.picture if abs(self.light) < LIT else lighter(self.picture, -self.light)

    @cached_property
    def positions(self) -> Points:
        """Where the points are now: (h, w)."""
        return self.trail.forward.view(np.complex64)[..., 0]

    @cached_property
    def valid(self) -> NDArray[np.bool_]:
        """Which points still look as in the key frame and are in the picture: (h, w)."""
        x, y = self.trail.forward[..., 0], self.trail.forward[..., 1]
        width, height = self.trail.size
        inside = (x > -1) & (y > -1) & (x < width) & (y < height)
        near: NDArray[np.bool_] = np.abs(self.change - np.int16(round(self.light))) < PHOTO
        return near & inside

    @cached_property
    def still_error(self) -> NDArray[np.uint8]:
        """How unlike the key frame each cell is, if nothing moved: (h, w) grey levels."""
        return np.asarray(cv2.blur(cv2.absdiff(self.trail.key, self.adjusted), (5, 5)), np.uint8)

    @cached_property
    def noise(self) -> float:
        """Grey levels by which cells differ from the key frame without having moved."""
        return min(float(np.median(self.still_error[::4, ::4])), NOISE)

    @cached_property
    def backward(self) -> Field:
        """The backward guess: where each cell came from, (h, w, 2)."""
        came = self.trail.backward
        here = lattice(self.trail.size)
        return here if came is None else here + came

    @cached_property
    def backward_error(self) -> NDArray[np.uint8]:
        """How unlike the key frame each cell is by the backward guess: (h, w) grey levels."""
        return self.error(self.backward, (0, 0))

    def error(self, guess: Field, corner: tuple[int, int]) -> NDArray[np.uint8]:
        """How unlike the key frame a part of the newest frame is, if it came from `guess`.

        Args:
            guess: (h, w, 2) positions in the key frame.
            corner: x, y of the part's first cell.
        """
        height, width = guess.shape[:2]
        x, y = corner
        now = self.adjusted[y : y + height, x : x + width]
        then = np.asarray(look_up(self.trail.key, guess), np.uint8)
        return np.asarray(cv2.blur(cv2.absdiff(then, now), (5, 5)), np.uint8)


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
    """The mask by both guesses, mixed by how well each explains the newest frame.

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
    trust = np.clip((lead + FAVOUR) * (1 / SLOPE) + 0.5, 0, 1)
    ratio = np.float32(sight.raster[0] / sight.trail.size[0])
    fine = round(size[0] * ratio), round(size[1] * ratio)
    corner = np.array([shape.patch.x, shape.patch.y], np.float32)
    offset = np.float32(0.5) * ratio - np.float32(0.5) - corner

    def masked(guess: Field) -> Numbers:
        positions = np.asarray(cv2.resize(guess * ratio + offset, fine), np.float32)
        return look_up(shape.patch.soft, positions, cv2.BORDER_CONSTANT)

    share = cv2.resize(trust, fine)
    mixed = cv2.blendLinear(masked(forward), masked(backward), share, 1 - share)
    return Patch(round(x1 * ratio), round(y1 * ratio), np.asarray(mixed, np.uint8)).trimmed()
