"""Civicline: the line between a city and its citizens, on every channel."""
