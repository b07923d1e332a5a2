"""Live instance segmentation: every object of a camera, stream or file outlined pixel by pixel."""

__version__ = "0.1.0"
