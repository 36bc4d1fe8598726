"""What becomes of a message that reaches the city."""
