"""Places on the ground: boxes, circles, distances; pure, knows no ticket, no request and no table."""

from __future__ import annotations

import math
from dataclasses import dataclass

EARTH_METRES = 6_371_000
METRES_A_DEGREE = 111_320
ROUGH_METRES = 100  # at most between a place and what is told of it

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

    def wider(self, by: float) -> Box:
        """The box with `by` metres more on every side, without its circle."""
        high = by / METRES_A_DEGREE
        wide = high / max(math.cos(math.radians(max(abs(self.south), abs(self.north)))), 0.01)
        return Box(self.west - wide, self.south - high, self.east + wide, self.north + high)

    @property
    def middle(self) -> Place:
        """Its centre."""
        return self.centre or ((self.south + self.north) / 2, (self.west + self.east) / 2)


def circle(lat: float, long: float, radius: float) -> Box:
    """The circle of `radius` metres, with the box round it."""
    high = radius / METRES_A_DEGREE
    wide = high / max(math.cos(math.radians(lat)), 0.01)
    return Box(long - wide, lat - high, long + wide, lat + high, (lat, long), radius)


def rough(place: Place) -> Place:
    """The middle of the square of about 110 metres that a place lies in."""
    lat = round(place[0], 3)
    wide = round(1 / max(math.cos(math.radians(lat)), 0.01))  # thousandths of a degree
    return lat, round(round(place[1] * 1000 / wide) * wide / 1000, 3)


def metres(one: Place, other: Place) -> float:
    """The distance between two places, along the ground."""
    (lat, long), (lat2, long2) = one, other
    north, east = math.radians(lat2 - lat), math.radians(long2 - long)
    chord = (
        math.sin(north / 2) ** 2
        + math.cos(math.radians(lat)) * math.cos(math.radians(lat2)) * math.sin(east / 2) ** 2
    )
    return 2 * EARTH_METRES * math.asin(min(1.0, math.sqrt(chord)))
