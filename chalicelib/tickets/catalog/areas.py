"""Areas of the city as GeoJSON, and which of them a place lies in; pure, knows no ticket.

Coordinates are those of GeoJSON: longitude first, then latitude. A place on the border belongs to
the area. Areas are as small as cities, so the earth is taken as flat and 180° is never crossed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import ceil, cos, hypot, radians
from typing import Any

from chalicelib.tickets.model.fields import Administered, Code, Words

METRES_A_DEGREE = 111_320.0
BORDER_METRES = 30.0  # closer than a telephone's position is true
DIGITS = 6  # of a degree: 0.1 metres
MOST_POINTS = 20_000
MOST_OF_ALL = 150_000  # points of all areas: they are read, listed and exported together
OUTLINE_POINTS = 2_000

Point = tuple[float, float]
Ring = Sequence[Point]


@dataclass(frozen=True, kw_only=True)
class Area(Administered):
    """A part of the city. `geometry` is a GeoJSON Polygon or MultiPolygon."""

    area_code: Code
    name: Words
    geometry: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0

    @cached_property
    def polygons(self) -> tuple[tuple[Ring, ...], ...]:
        """Each polygon as its outer ring and its holes."""
        parts = _parts(self.geometry)
        return tuple(tuple([(x, y) for x, y, *_ in ring] for ring in part) for part in parts)

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east and north."""
        points = [point for polygon in self.polygons for point in polygon[0]]
        easts, norths = [x for x, _ in points], [y for _, y in points]
        return min(easts), min(norths), max(easts), max(norths)

    def contains(self, lat: float, long: float) -> bool:
        """Whether the place lies in the area or on its border."""
        west, south, east, north = self.box
        if not (west <= long <= east and south <= lat <= north):
            return False
        return any(_in_polygon((long, lat), polygon) for polygon in self.polygons)

    def metres_to_border(self, lat: float, long: float) -> float:
        """How far the nearest border is, inside or outside."""
        scale = cos(radians(lat))
        lines = (line for polygon in self.polygons for ring in polygon for line in pairwise(ring))
        return min(_distance((long, lat), a, b, scale) for a, b in lines) * METRES_A_DEGREE


def areas_of(areas: Iterable[Area], lat: float | None, long: float | None) -> tuple[str, ...]:
    """The codes of the areas that the place lies in."""
    if lat is None or long is None:
        return ()
    return tuple(area.area_code for area in areas if area.contains(lat, long))


def borders_near(areas: Iterable[Area], lat: float | None, long: float | None) -> tuple[str, ...]:
    """The codes of the areas whose border is so near that the place may lie on either side."""
    if lat is None or long is None:
        return ()
    near = (a for a in areas if _is_about(a, lat, long))
    return tuple(a.area_code for a in near if a.metres_to_border(lat, long) <= BORDER_METRES)


def _is_about(area: Area, lat: float, long: float) -> bool:
    west, south, east, north = area.box
    margin = 2 * BORDER_METRES / METRES_A_DEGREE / max(cos(radians(lat)), 0.01)
    return west - margin <= long <= east + margin and south - margin <= lat <= north + margin


def _in_polygon(point: Point, rings: Sequence[Ring]) -> bool:
    """In the outer ring and in no hole; a hole's edge belongs to the polygon."""
    if any(_on_edge(point, ring) for ring in rings):
        return True
    return _in_ring(point, rings[0]) and not any(_in_ring(point, hole) for hole in rings[1:])


def _in_ring(point: Point, ring: Ring) -> bool:
    """Whether a line from the point to the east crosses the ring an odd number of times."""
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in pairwise(ring):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def _on_edge(point: Point, ring: Ring) -> bool:
    return any(_distance(point, a, b, 1.0) < 1e-12 for a, b in pairwise(ring))


def _distance(point: Point, a: Point, b: Point, scale: float) -> float:
    """From a point to a line's nearest part, in degrees of latitude."""
    px, py = (point[0] - a[0]) * scale, point[1] - a[1]
    dx, dy = (b[0] - a[0]) * scale, b[1] - a[1]
    length = dx * dx + dy * dy
    share = min(max((px * dx + py * dy) / length, 0.0), 1.0) if length else 0.0
    return hypot(px - share * dx, py - share * dy)


def faults_of(geometry: Mapping[str, Any]) -> Iterator[str]:
    """What keeps a geometry from being an area, in words."""
    kind, given = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(given, list | tuple):
        yield "must be a GeoJSON Polygon or MultiPolygon with coordinates"
        return
    parts = [given] if kind == "Polygon" else given
    if not parts or not all(isinstance(part, list | tuple) and part for part in parts):
        yield "has a polygon without a ring"
        return
    rings = [ring for part in parts for ring in part]
    points = sum(len(ring) for ring in rings if isinstance(ring, list | tuple))
    if points > MOST_POINTS:
        yield f"has {points:,} points; simplify it to {MOST_POINTS:,} or fewer"
    else:
        yield from dict.fromkeys(fault for ring in rings for fault in _ring_faults(ring))


def rounded(geometry: Mapping[str, Any]) -> dict[str, Any]:
    """A sound geometry with nothing but its borders, to a tenth of a metre: so points bound its bytes."""

    def ring(points: Ring) -> list[list[float]]:
        return [[round(x, DIGITS), round(y, DIGITS)] for x, y, *_ in points]

    parts = [[ring(each) for each in part] for part in _parts(geometry)]
    is_one = geometry["type"] == "Polygon"
    return {"type": geometry["type"], "coordinates": parts[0] if is_one else parts}


def outline(geometry: Mapping[str, Any]) -> dict[str, Any]:
    """The geometry by every so many of its points, without what is too small to be seen so."""
    step = ceil(points_of(geometry) / OUTLINE_POINTS)
    thin = [[[*ring[:-1:step], ring[-1]] for ring in part] for part in _parts(geometry)]
    seen = [[ring for ring in part if len(ring) > 3] for part in thin if len(part[0]) > 3]
    return {"type": "MultiPolygon", "coordinates": seen or [[_frame(geometry)]]}


def points_of(geometry: Mapping[str, Any]) -> int:
    """How many points the borders have."""
    return sum(len(ring) for part in _parts(geometry) for ring in part)


def _parts(geometry: Mapping[str, Any]) -> Sequence[Sequence[Ring]]:
    given: Sequence[Any] = geometry["coordinates"]
    return [given] if geometry["type"] == "Polygon" else given


def _frame(geometry: Mapping[str, Any]) -> list[list[float]]:
    points = [point for part in _parts(geometry) for point in part[0]]
    (west, *_, east), (south, *_, north) = (sorted(point[at] for point in points) for at in (0, 1))
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def _ring_faults(ring: Any) -> Iterator[str]:
    if not isinstance(ring, list | tuple) or len(ring) < 4:
        yield "has a ring with fewer than four points"
    elif not all(_is_position(point) for point in ring):
        yield "has a point that is not [longitude, latitude]"
    elif list(ring[0])[:2] != list(ring[-1])[:2]:
        yield "has a ring that does not end where it began"


def _is_position(point: Any) -> bool:
    return (
        isinstance(point, list | tuple)
        and len(point) >= 2
        and all(isinstance(n, int | float) and not isinstance(n, bool) for n in point[:2])
        and -180 <= point[0] <= 180
        and -90 <= point[1] <= 90
    )
