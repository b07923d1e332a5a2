"""Colours that stay apart."""

import colorsys
from functools import cache

from livesegment.instances import Instances

Colour = tuple[int, int, int]
"""BGR."""

FIRST = 0.1
GOLDEN = 0.618033988749895
"""Hue of number 0, and the step from one to the next: steps of the golden ratio spread hues evenly,
however many are used."""


@cache
def colour(number: int) -> Colour:
    """The colour of a class or track, the same in every run; neighbours differ clearly."""
    hue = (FIRST + number * GOLDEN) % 1
    saturation = (0.85, 0.65, 0.95)[number % 3]
    value = (0.98, 0.9, 0.82)[number // 3 % 3]
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(blue * 255), round(green * 255), round(red * 255)


def colours(instances: Instances) -> list[Colour]:
    """A colour for each instance: its track's where it has one, else its class's."""
    numbers = instances.class_ids.tolist()
    if instances.track_ids is not None:
        tracks = instances.track_ids.tolist()
        numbers = [track or number for track, number in zip(tracks, numbers, strict=True)]
    return [colour(number) for number in numbers]


def ink(on: Colour) -> Colour:
    """Black or white, whichever is easier to read on a colour (ITU-R BT.601 luma)."""
    blue, green, red = on
    return (0, 0, 0) if 0.114 * blue + 0.587 * green + 0.299 * red > 140 else (255, 255, 255)
