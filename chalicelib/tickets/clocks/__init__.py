"""What was promised, when it is due, and whether it was kept."""
