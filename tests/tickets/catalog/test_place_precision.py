"""Addresses without the house, places within a hundred metres."""

from __future__ import annotations

import pytest

from chalicelib.geography import Box, circle, metres, rough
from chalicelib.tickets.catalog.place_precision import (
    ABOUT,
    EXACT,
    HIDDEN,
    shown_address,
    shown_place,
)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("Elm Street 5", "Elm Street"),
        ("12b Elm Street, Springfield", "Elm Street, Springfield"),
        ("No. 12-14 Mill Lane", "Mill Lane"),
        (
            "1600 Pennsylvania Avenue NW, Washington, DC 20500",
            "Pennsylvania Avenue NW, Washington, DC",
        ),
        ("Calle Mayor n.º 12, 28013 Madrid", "Calle Mayor, Madrid"),
        ("Avenida de la Paz, número 3", "Avenida de la Paz"),
        ("خیابان ولیعصر، کوچهٔ نسترن، پلاک ۱۲", "خیابان ولیعصر، کوچهٔ نسترن"),
        ("خیابان آزادی شماره ۴۵/۲", "خیابان آزادی"),
        ("人民路12号", "人民路"),
        ("北京市朝阳区建国路 88 号", "北京市朝阳区建国路"),
        ("Corner of 5th Avenue and 42nd Street", "Corner of 5th Avenue and 42nd Street"),
        ("Under the clock of the old mill", "Under the clock of the old mill"),
        ("39.80347, -89.65462", ""),
        ("849VCWC8+R9 Springfield", "Springfield"),
        ("", ""),
    ],
)
def test_an_address_is_told_without_the_house(address: str, shown: str) -> None:
    assert shown_address(address, ABOUT) == shown
    assert shown_address(address, EXACT) == address
    assert shown_address(address, HIDDEN) == ""


@pytest.mark.parametrize("lat", [0.0, 23.12345, 39.80347, 51.50735, -33.86882, 64.14661, 78.22334])
@pytest.mark.parametrize("long", [0.0, -89.65462, 179.99951, -179.9996, 51.38897])
def test_a_rough_place_is_near_stays_itself_and_tells_no_decimals(lat: float, long: float) -> None:
    told = rough((lat, long))
    assert metres((lat, long), told) <= 100
    assert rough(told) == told
    assert told == (round(told[0], 3), round(told[1], 3))
    assert -180 <= told[1] <= 180


def test_neighbours_are_told_the_same_place() -> None:
    places = {rough((39.8031 + n / 10_000, -89.6549 + n / 10_000)) for n in range(4)}
    assert len(places) == 1


def test_what_is_hidden_has_no_place() -> None:
    assert shown_place((39.8, -89.6), HIDDEN) is None
    assert shown_place((39.80347, -89.65462), EXACT) == (39.80347, -89.65462)


def test_a_wider_box_holds_everything_within_the_margin() -> None:
    box = Box(west=10.0, south=60.0, east=10.001, north=60.001)
    wide = box.wider(100)
    assert not box.holds(60.0018, 10.0)
    assert wide.holds(60.0018, 10.0)
    assert wide.holds(60.0, 9.9983)
    assert not wide.holds(60.0021, 10.0)
    assert circle(60.0, 10.0, 50).wider(100).centre is None
