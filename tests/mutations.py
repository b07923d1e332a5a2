"""Model files as they should not be: cut off, with bits flipped, swapped for another's."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Files: TypeAlias = Mapping[str, bytes]
"""Suffix -> contents: an .onnx, or a .pb with its .pbtxt."""

EDGE = 400
"""Bytes at either end in which damage meets the file's structure more often than its weights."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A model's files, damaged."""

    kind: str
    original: str
    files: Files


def mutants(originals: Mapping[str, Files], count: int, seed: int) -> list[Mutant]:
    """As many as asked for, every kind of damage to every model in turn; the same at each call."""
    rng = random.Random(seed)  # noqa: S311 -- damage is no secret
    names = list(originals)
    found = []
    for i in range(count):
        kind, name = list(KINDS)[i % len(KINDS)], names[i // len(KINDS) % len(names)]
        files = dict(originals[name])
        if kind in SWAPS:
            files = dict(SWAPS[kind](rng, originals, name))
        else:
            suffix = rng.choice(list(files))
            files[suffix] = KINDS[kind](rng, files[suffix])
        found.append(Mutant(kind, name, files))
    return found


def _cut(rng: random.Random, data: bytes) -> bytes:
    """Cut off anywhere, near the ends as likely as in the middle."""
    place = rng.choice([rng.randrange(len(data)), rng.randrange(min(EDGE, len(data)))])
    return data[: rng.choice([place, len(data) - place])]


def _one_bit(rng: random.Random, data: bytes) -> bytes:
    return _flip(data, [rng.randrange(len(data))], rng)


def _bits_at_an_end(rng: random.Random, data: bytes) -> bytes:
    """Where names, shapes and lengths are."""
    reach = min(EDGE, len(data))
    start = rng.choice([0, len(data) - reach])
    return _flip(data, [start + rng.randrange(reach) for _ in range(rng.randint(1, 4))], rng)


def _many_bits(rng: random.Random, data: bytes) -> bytes:
    return _flip(data, [rng.randrange(len(data)) for _ in range(rng.randint(8, 256))], rng)


def _hole(rng: random.Random, data: bytes) -> bytes:
    """Zeros or ones, as a bad sector leaves them."""
    start = rng.randrange(len(data))
    length = min(rng.choice([1, 16, 512, 4096]), len(data) - start)
    return data[:start] + rng.choice([b"\0", b"\xff"]) * length + data[start + length :]


def _shifted(rng: random.Random, data: bytes) -> bytes:
    """A few bytes too many or too few in the middle."""
    start = rng.randrange(len(data))
    if rng.random() < 0.5:
        return data[:start] + rng.randbytes(rng.randint(1, 64)) + data[start:]
    return data[:start] + data[start + rng.randint(1, 64) :]


def _renamed(rng: random.Random, data: bytes) -> bytes:
    """Letters of names changed, so that what is asked for is not there."""
    places = [i for i in range(len(data) - 4) if data[i : i + 4].isalpha()]
    return _flip(data, rng.sample(places, min(3, len(places))), rng, bit=0)


def _twice(rng: random.Random, data: bytes) -> bytes:
    del rng
    return data + data


def _flip(data: bytes, places: Sequence[int], rng: random.Random, bit: int | None = None) -> bytes:
    damaged = bytearray(data)
    for place in places:
        damaged[place] ^= 1 << (rng.randrange(8) if bit is None else bit)
    return bytes(damaged)


def _other_kind(rng: random.Random, originals: Mapping[str, Files], name: str) -> Files:
    """Contents under the suffix of another kind of file."""
    files = originals[name]
    if set(files) == {".onnx"}:
        others = [item for item in originals.values() if ".pb" in item]
        other = rng.choice(others)
        swapped = {".pb": files[".onnx"], ".pbtxt": other[".pbtxt"]}
        return rng.choice([swapped, {".onnx": other[rng.choice([".pb", ".pbtxt"])]}])
    return {".pb": files[".pbtxt"], ".pbtxt": files[".pb"]}


def _other_half(rng: random.Random, originals: Mapping[str, Files], name: str) -> Files:
    """One model's beginning and another's end."""
    suffix = rng.choice(list(originals[name]))
    donor = rng.choice([data for files in originals.values() for data in files.values()])
    data = originals[name][suffix]
    place = rng.randrange(min(len(data), len(donor)))
    return {**originals[name], suffix: data[:place] + donor[place:]}


KINDS: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "cut": _cut,
    "one bit": _one_bit,
    "bits at an end": _bits_at_an_end,
    "many bits": _many_bits,
    "hole": _hole,
    "shifted": _shifted,
    "renamed": _renamed,
    "twice": _twice,
    "other kind": lambda _, data: data,
    "other half": lambda _, data: data,
}
"""What is done to one file; the last two take several, see `SWAPS`."""
SWAPS: dict[str, Callable[[random.Random, Mapping[str, Files], str], Files]] = {
    "other kind": _other_kind,
    "other half": _other_half,
}
