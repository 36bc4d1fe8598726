"""A whole city out of one installation and into another; `docs/moving.md` is for its operator."""
