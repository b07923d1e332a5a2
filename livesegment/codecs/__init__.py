"""Pictures to packets: how a recording is compressed."""
