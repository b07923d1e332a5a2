"""What makes a moment worth a clip: conditions, clips, and who is told of them."""
