"""What looks after the project, run from its folder: `python3 -m tools.NAME`."""
