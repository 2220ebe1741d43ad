"""What the history of readings shows."""
