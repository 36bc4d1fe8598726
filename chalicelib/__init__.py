"""Civicline: the line between a city and its citizens, on every channel."""

import gc

# A cold start makes some 150,000 objects that stay. Looking for circles among them takes a tenth of it.
gc.set_threshold(200_000)
