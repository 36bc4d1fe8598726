"""Which lines of a mail its sender wrote now; knows text lines, no MIME."""

from __future__ import annotations

from chalicelib.channels.mime.quoting.cutting import Cut, cut_lines

__all__ = ["Cut", "cut_lines"]
