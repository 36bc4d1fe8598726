"""The largest areas: rounded, kept whole, told by field when too large, read by every release."""

from __future__ import annotations

import json
import random
from contextlib import nullcontext
from math import cos, sin, tau
from typing import Any

import pytest

from chalicelib.channels.bounds import REQUEST_BYTES
from chalicelib.errors import InvalidRequest
from chalicelib.handlers.api.catalogue import as_many_as_fit
from chalicelib.tickets.administration.catalogue import CatalogDesk
from chalicelib.tickets.catalog.areas import MOST_OF_ALL, MOST_POINTS, Area, outline, points_of
from chalicelib.tickets.catalog.checks import MOST_BYTES, check_size
from chalicelib.tickets.dynamodb import DynamoCatalogStore
from chalicelib.tickets.ports import CatalogItem
from tests.examples import CLERK, NOW
from tests.fakes import FakeCatalogStore, FixedClock
from tests.tables import make_table, moto_client
from tests.tickets.conftest import TABLE

MOST_OF_AN_ITEM = 400 * 1024
DICE = random.Random(7)


def rough_circle(points: int, long: float = -120.0) -> dict[str, Any]:
    """A border of so many points that nothing can be guessed about, with fifteen digits each."""
    turns = (tau * n / (points - 1) for n in range(points - 1))
    ring = [
        [long + cos(t) * DICE.uniform(0.19, 0.2), 45.0 + sin(t) * DICE.uniform(0.19, 0.2)]
        for t in turns
    ]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def tiny_squares(points: int) -> dict[str, Any]:
    """As many borders as there may be."""
    corners = ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
    places = [(DICE.uniform(-179, 178), DICE.uniform(-80, 80)) for _ in range(points // 5)]
    return {
        "type": "MultiPolygon",
        "coordinates": [[[[x + a / 999, y + b / 999] for a, b in corners]] for x, y in places],
    }


def an_area(geometry: dict[str, Any], code: str = "north") -> dict[str, Any]:
    return {"area_code": code, "name": {"en": "North"}, "geometry": geometry}


@pytest.fixture
def desk(catalogue: Any) -> CatalogDesk:
    return CatalogDesk(catalogue, FixedClock(NOW))


@pytest.mark.parametrize("shape", [rough_circle, tiny_squares])
def test_the_largest_area_is_published_kept_and_changed_again(
    desk: CatalogDesk, shape: Any
) -> None:
    first = desk.put("area", an_area(shape(MOST_POINTS)), CLERK)
    desk.put("area", an_area(rough_circle(5)), CLERK, version=1)
    assert points_of(desk.item("area", "north").body["geometry"]) == 5
    desk.rollback("area", "north", 1, CLERK, version=2)
    assert desk.item("area", "north").body == first.body
    assert points_of(first.body["geometry"]) == MOST_POINTS
    assert [item.version for item in desk.history("area", "north")] == [3, 2, 1]


@pytest.mark.parametrize("shape", [rough_circle, tiny_squares])
def test_no_item_of_it_comes_near_what_the_table_takes(shape: Any) -> None:
    name = f"{TABLE}-{shape.__name__}"  # moto's account is that of the other tests
    with moto_client() as client:
        make_table(client, name)
        store = DynamoCatalogStore(client, table_name=name, jurisdiction_id="city.example")
        CatalogDesk(store, FixedClock(NOW)).put("area", an_area(shape(MOST_POINTS)), CLERK)
        sizes = [_size(item) for item in client.scan(TableName=name)["Items"]]
    assert max(sizes) < 0.9 * MOST_OF_AN_ITEM


def _size(item: dict[str, Any]) -> int:
    values = (next(iter(value.values())) for value in item.values())
    return sum(len(v if isinstance(v, bytes) else str(v).encode()) for v in values)


def test_a_coordinate_is_kept_to_a_tenth_of_a_metre_and_nothing_beside_it(
    desk: CatalogDesk,
) -> None:
    ring = [[10.123456789, 50, 7.5], [11, 50.00000049], [11, 51], [10.123456789, 50, 7.5]]
    geometry = {"type": "Polygon", "coordinates": [ring], "bbox": [0] * 9}
    kept = desk.put("area", an_area(geometry), CLERK).body["geometry"]
    rounded = [[10.123457, 50], [11, 50.0], [11, 51], [10.123457, 50]]
    assert kept == {"type": "Polygon", "coordinates": [rounded]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"geometry": rough_circle(MOST_POINTS + 1)}, "geometry"),
        ({"geometry": {"type": "MultiPolygon", "coordinates": [5, [[], []]]}}, "geometry"),
        ({"name": {f"a{chr(97 + n)}": "N" * 400 for n in range(26)} | {
            f"b{chr(97 + n)}": "N" * 400 for n in range(26)}}, "name"),
    ],
    ids=["points", "no polygon", "words"],
)  # fmt: skip
def test_what_is_too_large_or_no_shape_is_told_at_its_field(
    desk: CatalogDesk, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        desk.put("area", an_area(rough_circle(5)) | change, CLERK)
    assert [*caught.value.fields] == [field]


@pytest.mark.parametrize("beyond", [0, 1])
def test_a_body_that_no_item_could_hold_is_told_at_its_largest_field(beyond: int) -> None:
    body = {"name": "", "keywords": ["ü" * (MOST_BYTES // 2 - 4)], "text": "x" * beyond}
    context = (
        pytest.raises(InvalidRequest, match=r"keywords: .* 250,000") if beyond else nullcontext()
    )
    with context:
        check_size(body)


def test_all_areas_together_are_bounded_and_one_of_them_can_be_replaced() -> None:
    desk = CatalogDesk(FakeCatalogStore(), FixedClock(NOW))
    full = MOST_OF_ALL // MOST_POINTS
    for number in range(full):
        desk.put("area", an_area(rough_circle(MOST_POINTS), f"a{number}"), CLERK)
    with pytest.raises(InvalidRequest, match="of all areas"):
        desk.put("area", an_area(rough_circle(MOST_POINTS), "one-more"), CLERK)
    desk.put("area", an_area(rough_circle(MOST_POINTS), "a0"), CLERK, version=1)


def test_a_release_that_knows_the_outline_alone_sees_nearly_the_same_city(
    client: Any, city: str, real_catalogue: Any
) -> None:
    desk = CatalogDesk(real_catalogue, FixedClock(NOW))
    whole = Area(**desk.put("area", an_area(rough_circle(MOST_POINTS)), CLERK).body)
    key = {"pk": {"S": f"{city}#CATALOG"}, "sk": {"S": "area#north"}}
    stored = client.get_item(TableName=TABLE, Key=key)["Item"]
    rough = Area(**json.loads(stored["body"]["S"]))
    assert 1_000 < points_of(rough.geometry) < 2_100
    places = [(DICE.uniform(44.7, 45.3), DICE.uniform(-120.3, -119.7)) for _ in range(60)]
    differing = [p for p in places if rough.contains(*p) is not whole.contains(*p)]
    assert all(whole.metres_to_border(*place) < 1_500 for place in differing)


def test_what_an_earlier_release_publishes_over_a_large_area_is_what_is_read(
    client: Any, city: str, real_catalogue: Any
) -> None:
    CatalogDesk(real_catalogue, FixedClock(NOW)).put(
        "area", an_area(rough_circle(MOST_POINTS)), CLERK
    )
    small = an_area(rough_circle(5))
    client.update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"{city}#CATALOG"}, "sk": {"S": "area#north"}},
        UpdateExpression="SET body = :body, version = :two",
        ExpressionAttributeValues={":body": {"S": json.dumps(small)}, ":two": {"N": "2"}},
    )
    assert real_catalogue.items("area")[0].body == small


def test_what_is_too_small_to_be_drawn_is_framed() -> None:
    assert outline(tiny_squares(100))["coordinates"] != []
    framed = outline(tiny_squares(MOST_POINTS))
    assert points_of(framed) == 5


def test_a_history_answers_with_as_many_versions_as_the_platform_carries() -> None:
    body = {"words": "x" * (REQUEST_BYTES // 4)}
    versions = [CatalogItem(kind="area", code="a", version=n, body=body) for n in (5, 4, 3, 2, 1)]
    assert [item.version for item in as_many_as_fit(versions)] == [5, 4, 3]
    huge = CatalogItem(kind="area", code="a", version=6, body={"words": "x" * REQUEST_BYTES})
    assert as_many_as_fit([huge, *versions]) == [huge]
