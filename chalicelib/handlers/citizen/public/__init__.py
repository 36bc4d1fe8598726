"""Pages, feeds and files that everybody may read."""
