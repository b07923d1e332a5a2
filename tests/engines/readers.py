"""What tests ask of the installed OpenCV."""

import pytest

from livesegment.engines import capabilities
from livesegment.network import Format

TENSORFLOW = capabilities.reads(Format.TENSORFLOW)
"""Whether this OpenCV reads TensorFlow graphs; 5.1 and later do not."""

needs_tensorflow = pytest.mark.skipif(
    not TENSORFLOW, reason="this OpenCV reads no TensorFlow graphs: there is no original to run"
)
