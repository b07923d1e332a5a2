"""Masks from the frame they were inferred on to the frame that is shown."""
