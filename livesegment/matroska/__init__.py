"""The Matroska container: written so that a kill loses nothing, read however it was cut."""
