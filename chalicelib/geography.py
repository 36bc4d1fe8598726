"""Places on the ground: boxes, circles, distances; pure, knows no ticket, no request and no table."""

from __future__ import annotations

import math
from dataclasses import dataclass

EARTH_METRES = 6_371_000
METRES_A_DEGREE = 111_320

Place = tuple[float, float]  # latitude, longitude


@dataclass(frozen=True, slots=True)
class Box:
    """What lies between two parallels and two meridians, and perhaps in a circle inside."""

    west: float
    south: float
    east: float
    north: float
    centre: Place | None = None
    radius: float = 0.0

    def holds(self, lat: float | None, long: float | None) -> bool:
        """Whether a place lies in it; no place does not."""
        if lat is None or long is None:
            return False
        is_boxed = self.south <= lat <= self.north and self.west <= long <= self.east
        return is_boxed and (self.centre is None or metres(self.centre, (lat, long)) <= self.radius)

    @property
    def middle(self) -> Place:
        """Its centre."""
        return self.centre or ((self.south + self.north) / 2, (self.west + self.east) / 2)


def circle(lat: float, long: float, radius: float) -> Box:
    """The circle of `radius` metres, with the box round it."""
    high = radius / METRES_A_DEGREE
    wide = high / max(math.cos(math.radians(lat)), 0.01)
    return Box(long - wide, lat - high, long + wide, lat + high, (lat, long), radius)


def metres(one: Place, other: Place) -> float:
    """The distance between two places, along the ground."""
    (lat, long), (lat2, long2) = one, other
    north, east = math.radians(lat2 - lat), math.radians(long2 - long)
    chord = (
        math.sin(north / 2) ** 2
        + math.cos(math.radians(lat)) * math.cos(math.radians(lat2)) * math.sin(east / 2) ** 2
    )
    return 2 * EARTH_METRES * math.asin(min(1.0, math.sqrt(chord)))
