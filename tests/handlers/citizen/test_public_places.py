"""How exactly everybody may know where a report is: by its service, at every public door."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.geography import metres, rough
from tests.handlers.visitor import Visitor
from tests.harness import Harness

EXACT = (39.80347, -89.65462)
ROUGH = rough(EXACT)
HOUSE = "Elm Street 47"
EXACT_TRACES = ("39.8034", "39.8035", "89.6546", HOUSE)


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture
def visitor(town: Harness) -> Visitor:
    return Visitor(town)


def tell(town: Harness, exactness: str) -> None:
    """Set how exactly places of graffiti are told, as the console and the API do."""
    at = "/api/v1/services/graffiti"
    held = town.http("GET", at, user="administrator").json()
    wish = {"body": {**held["body"], "public_place": exactness}, "version": held["version"]}
    assert town.http("PUT", at, json=wish, user="administrator").status == 200
    town.restart()


def reported(town: Harness, visitor: Visitor, exactness: str = "about") -> tuple[str, str]:
    """The reference and the tracking path of a report whose place is told so exactly."""
    tell(town, exactness)
    words = f"Paint. It is at {HOUSE}, in front of 39.80347, -89.65462."
    lat, long = map(str, EXACT)
    path = visitor.publish(description=words, address=HOUSE, lat=lat, long=long)
    return path.split("/")[2], path


def doors(town: Harness, ticket_id: str) -> list[str]:
    """Every address at which everybody may read something of a report."""
    month = f"{town.now:%Y-%m}"
    requests = "/open311/v2/requests"
    return [
        f"/tickets/{ticket_id}",
        f"/tickets/{ticket_id}?lang=fa",
        "/reports",
        "/reports?service=graffiti&q=paint",
        "/reports/feed.atom",
        "/reports/feed.json",
        *(f"/data/reports-{month}.{kind}" for kind in ("csv", "json", "geojson")),
        *(f"{requests}/{ticket_id}.{kind}?extensions=true" for kind in ("json", "xml")),
        *(f"{requests}.{kind}?extensions=true" for kind in ("json", "xml")),
        f"{requests}.json?service_request_id={ticket_id}",
        f"{requests}.json?bbox=-90,39,-89,40",
        f"{requests}.json?lat={ROUGH[0]}&long={ROUGH[1]}&radius=500",
        *(f"/open311/v2/bulk.{kind}" for kind in ("csv", "json", "xml")),
        f"/report/nearby?service=graffiti&lat={EXACT[0]}&long={EXACT[1]}&address=Elm+Street",
        f"/report?service=graffiti&follow={ticket_id}",
    ]


def read(town: Harness, path: str) -> str:
    answer = town.http("GET", path, user=None)
    assert answer.status == 200, (path, answer.status)
    return answer.text


@pytest.mark.parametrize("exactness", ["about", "hidden"])
def test_no_public_door_tells_the_exact_place(
    town: Harness, visitor: Visitor, exactness: str
) -> None:
    ticket_id, path = reported(town, visitor, exactness)
    for door in doors(town, ticket_id):
        shown = read(town, door).replace(f"lat={EXACT[0]}", "").replace(f"long={EXACT[1]}", "")
        assert [trace for trace in EXACT_TRACES if trace in shown] == [], door
        if exactness == "hidden":
            assert str(ROUGH[0]) not in shown.partition("place-map")[0], door
            assert "Elm Street" not in _of(shown, ticket_id), door
    assert HOUSE in visitor.load(path)[1].words, "the author sees the place"
    staff = town.http("GET", f"/api/v1/tickets/{ticket_id}", user="agent").json()["ticket"]
    assert (staff["lat"], staff["long"], staff["address"]) == (*EXACT, HOUSE)


def _of(shown: str, ticket_id: str) -> str:
    """What stands on a door around one report: other tests have told of theirs."""
    at = shown.find(ticket_id)
    return shown[max(0, at - 300) : at + 300] if at >= 0 else ""


def test_a_rough_place_is_still_a_place(town: Harness, visitor: Visitor) -> None:
    ticket_id, _ = reported(town, visitor)
    record = town.http("GET", f"/open311/v2/requests/{ticket_id}.json", user=None).json()[0]
    assert (record["lat"], record["long"]) == ROUGH
    assert record["address"] == "Elm Street"
    assert 10 < metres(EXACT, ROUGH) < 100
    page = visitor.load(f"/tickets/{ticket_id}?lang=en")[1]
    assert "within about 100 metres" in page.words
    assert f'data-lat="{ROUGH[0]}"' in read(town, f"/tickets/{ticket_id}")


def test_an_exact_place_is_told_exactly(town: Harness, visitor: Visitor) -> None:
    ticket_id, _ = reported(town, visitor, "exact")
    record = town.http("GET", f"/open311/v2/requests/{ticket_id}.json", user=None).json()[0]
    assert (record["lat"], record["long"], record["address"]) == (*EXACT, HOUSE)
    assert "within about 100 metres" not in visitor.load(f"/tickets/{ticket_id}?lang=en")[1].words


def found_in(town: Harness, place: tuple[float, float], query: str) -> set[str]:
    """The references that a search close round a place finds, one by one; its pages must end, too."""
    path: str | None = f"/open311/v2/requests.json?page_size=1&{query.format(*place)}"
    found: set[str] = set()
    while path:
        answer = town.http("GET", path, user=None)
        found |= {record["service_request_id"] for record in answer.json()}
        link = answer.headers.get("Link", "")
        assert found or not link, "an empty page that goes on tells that something is there"
        path = "/open311" + link.partition("/open311")[2].partition(">")[0] if link else None
    return found


@pytest.mark.parametrize(
    "query", ["lat={0}&long={1}&radius=15", "lat={0}&long={1}&radius=15&status=open"]
)
def test_a_search_finds_out_no_more_than_what_is_told(
    town: Harness, visitor: Visitor, query: str
) -> None:
    hidden, _ = reported(town, visitor, "hidden")
    assert hidden not in found_in(town, EXACT, query) | found_in(town, ROUGH, query)
    ticket_id, _ = reported(town, visitor, "about")
    assert ticket_id not in found_in(town, EXACT, query)
    assert ticket_id in found_in(town, ROUGH, query)
    tell(town, "exact")
    assert ticket_id in found_in(town, EXACT, query)
    assert ticket_id not in found_in(town, ROUGH, query)


def test_a_box_finds_out_no_more_than_what_is_told(town: Harness, visitor: Visitor) -> None:
    ticket_id, _ = reported(town, visitor)
    around = "bbox={1}1,{0},{1},{0}1"
    assert ticket_id not in found_in(town, EXACT, around)
    assert ticket_id in found_in(town, ROUGH, around.replace("{1}1", "{1}001"))


def test_offers_while_one_reports_find_out_no_more(town: Harness, visitor: Visitor) -> None:
    tell(town, "about")
    place = (EXACT[0] - 1, EXACT[1])  # where no other test reports
    told, fields = rough(place), {"lat": str(place[0]), "long": str(place[1])}
    ticket_id = visitor.publish(address="", **fields).split("/")[2]
    radius = town.services.catalog.load().services["graffiti"].duplicate_radius_metres

    def offered(metres_north: float) -> bool:
        lat = told[0] + metres_north / 111_320
        door = f"/report/nearby?service=graffiti&lat={lat}&long={told[1]}"
        return ticket_id in read(town, door)

    towards, away = (1, -1) if place[0] > told[0] else (-1, 1)
    edge = radius + 100
    assert offered(towards * (edge - 5))
    assert offered(away * (edge - 5)), "the circle is round what is told, not round the place"
    assert not offered(towards * (edge + 5))
    assert not offered(away * (edge + 5))
    tell(town, "hidden")
    assert not offered(0)


def test_a_change_of_mind_holds_for_what_was_reported_before(
    town: Harness, visitor: Visitor
) -> None:
    ticket_id, _ = reported(town, visitor, "exact")
    assert HOUSE in read(town, f"/tickets/{ticket_id}")
    tell(town, "about")
    for door in doors(town, ticket_id):
        shown = read(town, door).replace(f"lat={EXACT[0]}", "").replace(f"long={EXACT[1]}", "")
        assert [trace for trace in EXACT_TRACES if trace in shown] == [], door


def test_a_report_of_a_service_that_is_gone_is_told_roughly(
    town: Harness, visitor: Visitor
) -> None:
    catalog = town.services.catalog.load()
    assert catalog.exactness("never-was") == "about"
    assert catalog.exactness("pothole") == "exact"
