"""Pages on which administrators change the catalogue, the notices and the keys."""
