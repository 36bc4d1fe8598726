"""Boxes, circles and distances on the ground."""

from __future__ import annotations

from chalicelib.geography import Box, circle, metres


def test_a_circle_holds_what_is_near() -> None:
    area = circle(44.0, -123.0, 1_000)
    assert area.holds(44.008, -123.0)
    assert not area.holds(44.01, -123.0)
    assert not area.holds(44.008, -122.991)
    assert not area.holds(None, None)
    assert metres((44.0, -123.0), (44.0, -123.0)) == 0


def test_a_box_holds_its_edges_and_has_a_middle() -> None:
    box = Box(west=10, south=40, east=12, north=44)
    assert box.holds(40, 10)
    assert box.holds(44, 12)
    assert not box.holds(44.001, 11)
    assert box.middle == (42, 11)
    assert circle(42, 11, 5).middle == (42, 11)
