"""Where a report goes: areas by point in polygon, ordered routes, and a trace that says why."""

from __future__ import annotations

import random
from typing import Any

import pytest

from chalicelib.errors import InvalidRequest
from chalicelib.messages import Party
from chalicelib.tickets.administration.catalogue import CatalogDesk
from chalicelib.tickets.catalog.areas import Area
from tests.city import CLERK, City

SQUARE = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0], [0.0, 0.0]]
HOLE = [[4.0, 4.0], [6.0, 4.0], [6.0, 6.0], [4.0, 6.0], [4.0, 4.0]]
NORTH = {"type": "Polygon", "coordinates": [[[9, 50], [9, 51], [10, 51], [10, 50], [9, 50]]]}


def an_area(*rings: Any) -> Area:
    return Area(
        area_code="a", name={"en": "A"}, geometry={"type": "Polygon", "coordinates": list(rings)}
    )


@pytest.mark.parametrize(
    ("lat", "long", "is_inside"),
    [(5, 1, True), (5, 5, False), (5, 11, False), (0, 0, True), (10, 5, True), (4, 5, True)],
)
def test_a_place_lies_in_an_area_on_its_border_but_not_in_its_holes(
    lat: float, long: float, is_inside: bool
) -> None:
    assert an_area(SQUARE, HOLE).contains(lat, long) is is_inside


def test_many_points_agree_with_the_plain_box() -> None:
    dice, area = random.Random(5), an_area(SQUARE)
    for _ in range(2_000):
        lat, long = dice.uniform(-2, 12), dice.uniform(-2, 12)
        assert area.contains(lat, long) is (0 <= lat <= 10 and 0 <= long <= 10)


def test_a_multipolygon_is_all_of_its_parts() -> None:
    far = [[20, 20], [21, 20], [21, 21], [20, 21], [20, 20]]
    geometry = {"type": "MultiPolygon", "coordinates": [[SQUARE], [far]]}
    area = Area(area_code="a", name={"en": "A"}, geometry=geometry)
    assert area.contains(5, 5) and area.contains(20.5, 20.5) and not area.contains(15, 15)


@pytest.fixture
def city() -> City:
    return City()


def publish(city: City, kind: str, **body: Any) -> None:
    desk = CatalogDesk(city.catalogs, city.clock, ("desk@city.example",))
    desk.put(kind, body, CLERK)


def a_route(city: City, agency: str = "parks", **given: Any) -> None:
    publish(city, "route", **{"route_id": "r1", "name": "R", "agency_code": agency} | given)


def north(city: City) -> None:
    publish(city, "area", area_code="north", name={"en": "North"}, geometry=NORTH)


def test_a_route_sends_a_place_to_its_agency_and_says_why(city: City) -> None:
    north(city)
    a_route(city, when={"area": ["north"], "service": ["pothole"]})
    inside = city.write(lat=50.5, long=9.5)
    outside = city.write("A pothole elsewhere", lat=52.0, long=9.5)
    assert (inside.agency_code, outside.agency_code) == ("parks", "public-works")
    opened = city.store.entries[inside.ticket_id][0]
    assert opened.data["route"] == "route 'r1' v1 because area is north and service is pothole"
    assert "route" not in city.store.entries[outside.ticket_id][0].data


def test_the_first_route_that_fits_wins_and_one_that_is_off_never(city: City) -> None:
    a_route(city, "parks", order=20, when={"words": ["pothole"]})
    a_route(city, "sanitation", route_id="r2", order=10, when={"channel": ["email"]})
    a_route(city, "customer-desk", route_id="r0", order=1, is_enabled=False)
    assert city.write().agency_code == "sanitation"


def test_a_senders_domain_can_be_asked_for(city: City) -> None:
    a_route(city, when={"sender": ["@school.example"]})
    school = city.write(sender=Party(email="Head@School.example"))
    assert (school.agency_code, city.write("Another pothole").agency_code) == (
        "parks",
        "public-works",
    )


def test_a_place_at_a_border_where_it_matters_is_marked(city: City) -> None:
    north(city)
    a_route(city, when={"area": ["north"]})
    at_border = city.write(lat=50.5, long=9.9999)
    deep_inside = city.write("Another pothole", lat=50.5, long=9.5)
    data = [city.store.entries[t.ticket_id][0].data for t in (at_border, deep_inside)]
    assert data[0]["near_border"] == "north" and "near_border" not in data[1]


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("route", {"agency_code": "nobody"}, "agency_code"),
        ("route", {"when": {"area": ["atlantis"]}}, "when.values[0]"),
        ("route", {"when": {"status": ["new"]}}, "when"),
        ("area", {"geometry": {"type": "Point", "coordinates": [1, 2]}}, "geometry"),
        ("area", {"geometry": {"type": "Polygon", "coordinates": [SQUARE[:-1]]}}, "geometry"),
        (
            "area",
            {"geometry": {"type": "Polygon", "coordinates": [[[200, 0], *SQUARE[1:]]]}},
            "geometry",
        ),
    ],
)
def test_what_cannot_work_is_named_at_its_field(
    city: City, kind: str, body: dict[str, Any], field: str
) -> None:
    sound = {
        "route": {"route_id": "r", "name": "R", "agency_code": "parks"},
        "area": {"area_code": "a", "name": {"en": "A"}, "geometry": NORTH},
    }
    with pytest.raises(InvalidRequest) as caught:
        publish(city, kind, **sound[kind] | body)
    assert field in caught.value.fields


def test_an_area_that_a_route_needs_is_not_deleted(city: City) -> None:
    north(city)
    a_route(city, when={"area": ["north"]})
    desk = CatalogDesk(city.catalogs, city.clock)
    with pytest.raises(InvalidRequest, match="route r1"):
        desk.delete("area", "north", CLERK, version=1)
