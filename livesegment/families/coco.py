"""The classes of COCO under its own ids.

COCO numbers its classes 1 to 90 and never used ten of the numbers; the names that it once meant
for them are in its first list of labels. Networks either keep the numbers, with 0 for what is no
object, or count the 80 classes that there are.
"""

from collections.abc import Iterator

from livesegment.families.known_classes import COCO

BACKGROUND = "__background__"
"""Name of class 0 where a network has one for what is no object; it is never found."""

NEVER_USED = {
    12: "street sign",
    26: "hat",
    29: "shoe",
    30: "eye glasses",
    45: "plate",
    66: "mirror",
    68: "window",
    69: "desk",
    71: "door",
    83: "blender",
}


def _by_id() -> Iterator[str]:
    used = iter(COCO)
    yield BACKGROUND
    for number in range(1, len(COCO) + len(NEVER_USED) + 1):
        yield NEVER_USED.get(number) or next(used)


COCO_BY_ID = tuple(_by_id())
"""91 names, each at the place of COCO's id."""
COCO_FROM_1 = (BACKGROUND, *COCO)
"""81 names: the classes there are, counted from 1."""
