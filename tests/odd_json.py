"""JSON as it should not be: of other types, without bounds, nested, doubled, cut, flipped."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

ODD: tuple[str, ...] = (
    *("null", "true", "0", "-1", "1.5", "1e12", "1e308", "-1e308", "1e999", "NaN", "-Infinity"),
    *("9223372036854775807", "1" + "0" * 30, "1" + "0" * 400, "9" * 5000, str(2**70)),
    *('""', '"x"', '"12"', '"\\u0000"', '"\\ud800"', '"../../x"', '"/dev/zero"', '"."', '".."'),
    *('"' + "a" * 5000 + '"', '"\\u001b[2J"', '"2999-12-31T23:59:59.999Z"', '"0001-01-01"'),
    *("[]", "[[]]", "[null]", "[1e999, -1]", "{}", '{"a": {}}', "[" * 5000 + "]" * 5000),
    *('{"a":' * 900 + "1" + "}" * 900, "[" + "0," * 3000 + "0]", "[" + "{}," * 3000 + "{}]"),
)
"""Values as text, as some of them are nothing that Python writes."""
UNITS = (1e-9, 0.001, 60.0, 1000.0, 90_000.0, 1e6, 1e9, -1.0)
"""By which a number is taken for one of another unit."""
MARK = "\N{WHITE SQUARE}odd\N{WHITE SQUARE}"

Places = list[tuple[Any, Any]]
"""Containers, and the key or index of a value in each."""


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every value inside of a value, by what holds it and where."""
    keys = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    for key in keys:
        yield value, key
        yield from places(value[key])


def _replaced(rng: random.Random, data: bytes) -> bytes:
    value = json.loads(data)
    for holder, key in rng.sample(list(places(value)), rng.choice((1, 1, 1, 3))):
        holder[key] = MARK
    first, *others = json.dumps(value).split(json.dumps(MARK))
    return "".join((first, *(rng.choice(ODD) + other for other in others))).encode()


def _another_unit(rng: random.Random, data: bytes) -> bytes:
    value = json.loads(data)
    numbers = [(h, k) for h, k in places(value) if type(h[k]) in (int, float)]
    holder, key = rng.choice(numbers or [({"": 0}, "")])
    holder[key] *= rng.choice(UNITS)
    if rng.random() < 0.5:
        holder[key] = int(holder[key])
    return json.dumps(value).encode()


def _missing(rng: random.Random, data: bytes) -> bytes:
    value = json.loads(data)
    holder, key = rng.choice(list(places(value)))
    del holder[key]
    return json.dumps(value).encode()


def _doubled(rng: random.Random, data: bytes) -> bytes:
    """A key that is there twice, the second time with something else."""
    value = json.loads(data)
    key = rng.choice(list(value))
    more = "".join(f", {json.dumps(key)}: {rng.choice(ODD)}" for _ in range(rng.choice((1, 50))))
    return (json.dumps(value)[:-1] + more + "}").encode()


def _swapped(rng: random.Random, data: bytes) -> bytes:
    value = json.loads(data)
    (one, i), (other, k) = rng.sample(list(places(value)), 2)
    one[i], other[k] = json.loads(json.dumps(other[k])), json.loads(json.dumps(one[i]))
    return json.dumps(value).encode()


def _flipped(rng: random.Random, data: bytes) -> bytes:
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 8))):
        found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return bytes(found)


def _cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def _hole(rng: random.Random, data: bytes) -> bytes:
    """Zeros, as a power cut leaves them."""
    start = rng.randrange(len(data))
    return data[:start] + bytes(rng.choice((1, 512, 1 << 20))) + data[start + 512 :]


def _another_thing(rng: random.Random, data: bytes) -> bytes:
    del data
    return rng.choice((*ODD, "", "\ufeff{}", "{", "[]{}")).encode("utf-8", "surrogatepass")


KINDS: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "replaced": _replaced,
    "another unit": _another_unit,
    "missing": _missing,
    "doubled": _doubled,
    "swapped": _swapped,
    "flipped": _flipped,
    "cut": _cut,
    "hole": _hole,
    "another thing": _another_thing,
}
