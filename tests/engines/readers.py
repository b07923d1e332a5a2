"""What tests ask of the installed OpenCV."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from livesegment.engines import capabilities
from livesegment.network import Format

Test = TypeVar("Test", bound=Callable[..., Any])

TENSORFLOW = capabilities.reads(Format.TENSORFLOW)
"""Whether this OpenCV reads TensorFlow graphs; 5.1 and later do not."""


def needs_tensorflow(test: Test) -> Test:
    """Mark a test of what OpenCV itself makes of a TensorFlow graph.

    On the newest OpenCV there is nothing to test, so it belongs to those run on the lowest.
    """
    reason = "this OpenCV reads no TensorFlow graphs: there is no original to run"
    marked: Test = pytest.mark.wheel(pytest.mark.skipif(not TENSORFLOW, reason=reason)(test))
    return marked
