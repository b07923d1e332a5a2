"""Small servers on the loopback that misbehave on demand."""
