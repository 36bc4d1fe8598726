"""What administrators do with the catalogue: every change checked, versioned and undoable.

Who may do so is the caller's question; where it is kept is the store's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.tickets.catalog import KINDS, Catalog, checks
from chalicelib.tickets.catalog.bodies import (
    Thing,
    carried,
    code_of,
    is_readable,
    read_body,
    read_calendar,
    read_catalog,
    write_body,
)
from chalicelib.tickets.catalog.notice_checks import check_notice
from chalicelib.tickets.catalog.references import users_of
from chalicelib.tickets.catalog.rule_checks import Known, check_area, check_route, check_rule
from chalicelib.tickets.catalog.rules import Rule
from chalicelib.tickets.catalog.seed import SeedItem, seed_items
from chalicelib.tickets.escalation import ACTIONS, ActionKind
from chalicelib.tickets.model.ticket import Actor
from chalicelib.tickets.ports import CatalogItem, CatalogStore, Clock
from chalicelib.tickets.worktime.calendars import with_holidays

YEARS_AHEAD = 3  # of public holidays that a calendar is published with
IMPORT_ORDER = (
    "calendar",
    "agency",
    "service",
    "target",
    "area",
    "policy",
    "route",
    "rule",
    "notice",
)
Body = Mapping[str, Any]
Items = Mapping[tuple[str, str], CatalogItem]


@dataclass(frozen=True, slots=True)
class CatalogDesk:
    """Services, agencies, calendars, targets, rules and the policy, as administrators write them.

    `systems` gives the keys of the other systems that a rule's step can call.
    """

    store: CatalogStore
    clock: Clock
    intake_addresses: tuple[str, ...] = ()
    systems: Callable[[], Collection[str]] = tuple

    def items(self, kind: str) -> list[CatalogItem]:
        """The published items of one kind that can be read; rules in their order."""
        found = [i for i in self.store.items(_known(kind)) if is_readable(kind, i.body)]
        return sorted(found, key=_rule_order) if kind == "rule" else found

    def item(self, kind: str, code: str) -> CatalogItem:
        """One published item. Raises `NotFound`."""
        found = next((i for i in self.items(kind) if i.code == code), None)
        if found is None or found.is_deleted:
            raise NotFound(f"There is no {kind} {code!r}.")
        return found

    def actions(self) -> list[ActionKind]:
        """What a rule's steps can do, by name."""
        return [ACTIONS[name] for name in sorted(ACTIONS)]

    def check(self, kind: str, body: Body) -> dict[str, Any]:
        """The body as it would be stored, nothing written. Raises `InvalidRequest`."""
        return self._checked(_known(kind), body, self.store.fresh())

    def imagine(self, kind: str, body: Body) -> Catalog:
        """The catalogue as it would be with this body in it, nothing written.

        Raises `InvalidRequest`.
        """
        checked = self.check(kind, body)
        code = code_of(kind, checked)
        items = {(i.kind, i.code): i for each in KINDS for i in self.store.items(each)}
        there = items.get((kind, code))
        items[kind, code] = CatalogItem(
            kind=kind, code=code, version=(there.version if there else 0) + 1, body=checked
        )
        return read_catalog(items.values())

    def draft(self, body: Body) -> Rule:
        """A rule as it would be in force, for trying it. Raises `InvalidRequest`."""
        return check_rule(body, self._known(self.store.fresh()))

    def _known(self, catalog: Catalog) -> Known:
        return Known(catalog, ACTIONS, self.intake_addresses, self.systems)

    def put(
        self, kind: str, body: Body, actor: Actor, *, version: int = 0, note: str = ""
    ) -> CatalogItem:
        """Publish a body as the version after `version` (0: it is new).

        Raises `InvalidRequest` naming every wrong field, `StaleTicket` when somebody was faster.
        """
        checked = self.check(kind, body)
        code = code_of(kind, checked)
        there = next((each for each in self.store.items(kind) if each.code == code), None)
        item = CatalogItem(
            kind=kind,
            code=code,
            version=version or self._buried(kind, code),
            body=carried(kind, there.body if there else {}, checked),
            note=note,
        )
        published = self._publish(item, actor)
        if checked.get("is_triage"):
            self._relieve_others(code, actor)
        return published

    def delete(
        self, kind: str, code: str, actor: Actor, *, version: int, note: str = ""
    ) -> CatalogItem:
        """Take an item out of the catalogue; its history stays.

        Raises `InvalidRequest` while something else in the catalogue needs it.
        """
        item = self.item(kind, code)
        users = users_of(kind, code, self.store.fresh())
        if users:
            raise InvalidRequest(
                f"The {kind} {code!r} is needed by {', '.join(users)}; change those first.",
                {"code": f"is needed by {', '.join(users)}"},
            )
        grave = replace(item, version=version, note=note, author="", is_deleted=True)
        return self._publish(grave, actor)

    def history(self, kind: str, code: str) -> list[CatalogItem]:
        """All versions, newest first."""
        return self.store.history(_known(kind), code)

    def rollback(
        self, kind: str, code: str, to_version: int, actor: Actor, *, version: int, note: str = ""
    ) -> CatalogItem:
        """Publish an earlier version once more, as a new one; it is checked like any other."""
        earlier = next((i for i in self.history(kind, code) if i.version == to_version), None)
        if earlier is None or earlier.is_deleted:
            raise NotFound(f"The {kind} {code!r} has no version {to_version} to go back to.")
        note = note or f"Back to version {to_version}"
        return self.put(kind, earlier.body, actor, version=version, note=note)

    def enable_rule(
        self, rule_id: str, actor: Actor, *, is_enabled: bool, version: int
    ) -> CatalogItem:
        """Switch a rule on or off."""
        body = {**self.item("rule", rule_id).body, "is_enabled": is_enabled}
        note = "Switched on" if is_enabled else "Switched off"
        return self.put("rule", body, actor, version=version, note=note)

    def reorder_rules(self, rule_ids: Sequence[str], actor: Actor) -> list[CatalogItem]:
        """Put all rules into this order; only rules whose place changes get a new version."""
        rules = {item.code: item for item in self.items("rule")}
        if sorted(rule_ids) != sorted(rules):
            raise InvalidRequest(
                "The order must name every rule once.", {"rule_ids": "name every rule once"}
            )
        changed = []
        for order, rule_id in enumerate(rule_ids, start=1):
            item = rules[rule_id]
            if item.body.get("order", 100) != order * 10:
                body = {**item.body, "order": order * 10}
                item = replace(item, body=body, note="Reordered", author="")
                changed.append(self._publish(item, actor))
        return changed

    def export(self) -> dict[str, Any]:
        """The whole published catalogue as one JSON document."""
        return {kind: [dict(item.body) for item in self.items(kind)] for kind in KINDS}

    def import_items(
        self, document: Body, actor: Actor, *, note: str = "Imported"
    ) -> list[CatalogItem]:
        """Publish what a document of `export` holds; items it does not name stay as they are.

        Nothing is written unless all of it is sound. Problems are named `rule[3].steps[0].code`.
        """
        existing = {(i.kind, i.code): i for kind in KINDS for i in self.store.items(kind)}
        merged, checked, problems = dict(existing), list[CatalogItem](), dict[str, str]()
        for kind, at, body in _listed(document):
            try:
                sound = self._checked(kind, body, read_catalog(merged.values()))
            except InvalidRequest as error:
                problems |= {f"{kind}[{at}].{path}": text for path, text in error.fields.items()}
                continue
            merged[kind, code_of(kind, sound)] = item = self._draft(kind, sound, existing, note)
            checked.append(item)
        checks.raise_any(problems)
        return [self._publish(i, actor) for i in checked if _is_changed(i, existing)]

    def _draft(self, kind: str, body: dict[str, Any], existing: Items, note: str) -> CatalogItem:
        code = code_of(kind, body)
        there = existing.get((kind, code))
        version = there.version if there else self._buried(kind, code)
        body = carried(kind, there.body if there else {}, body)
        return CatalogItem(kind=kind, code=code, version=version, body=body, note=note)

    def plant(self, actor: Actor) -> list[CatalogItem]:
        """Publish the items of the seed that never were there; safe to repeat."""
        there = {(i.kind, i.code) for kind in KINDS for i in self.store.items(kind)}
        missing = [seed for seed in seed_items() if (seed.kind, seed.code) not in there]
        planted = [self._plant(seed, actor) for seed in missing]
        return [item for item in planted if item]

    def _plant(self, seed: SeedItem, actor: Actor) -> CatalogItem | None:
        if self._buried(seed.kind, seed.code):
            return None
        body = self._filled(seed.kind, write_body(read_body(seed.kind, seed.body)))
        item = CatalogItem(kind=seed.kind, code=seed.code, version=0, body=body, note="Seed")
        return self._publish(item, actor)

    def _publish(self, item: CatalogItem, actor: Actor) -> CatalogItem:
        return self.store.put(item, actor, self.clock.now())

    def _checked(self, kind: str, body: Body, catalog: Catalog) -> dict[str, Any]:
        own = self.intake_addresses
        check: Mapping[str, Callable[[], Thing]] = {
            "calendar": lambda: checks.check_calendar(body),
            "agency": lambda: checks.check_agency(body, catalog, own),
            "service": lambda: checks.check_service(body, catalog),
            "target": lambda: checks.check_target(body, catalog),
            "rule": lambda: check_rule(body, self._known(catalog)),
            "policy": lambda: checks.check_policy(body, own),
            "notice": lambda: check_notice(body),
            "area": lambda: check_area(body, catalog),
            "route": lambda: check_route(body, catalog),
        }
        sound = self._filled(kind, write_body(check[kind]()))
        checks.check_size(sound)
        return sound

    def _filled(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """A calendar is published with its holidays, so that no event function looks them up."""
        if kind != "calendar":
            return body
        first = self.clock.now().year
        years = range(first, first + YEARS_AHEAD)
        return write_body(with_holidays(read_calendar(body), years))

    def _buried(self, kind: str, code: str) -> int:
        """The version of the tombstone under which a deleted item of this code lies, or 0."""
        latest = next(iter(self.store.history(kind, code)), None)
        return latest.version if latest and latest.is_deleted else 0

    def _relieve_others(self, code: str, actor: Actor) -> None:
        """One agency gets what nobody else does: the former one does so no longer."""
        for item in self.store.items("agency"):
            if item.code != code and item.body.get("is_triage"):
                body = {**item.body, "is_triage": False}
                note = f"{code} now gets what nobody else does"
                self._publish(replace(item, body=body, note=note, author=""), actor)


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise NotFound(f"The catalogue has no {kind!r}; it has {', '.join(KINDS)}.")
    return kind


def _rule_order(item: CatalogItem) -> tuple[int, str]:
    return int(item.body.get("order", 100)), item.code


def _listed(document: Body) -> Iterator[tuple[str, int, Body]]:
    """Every item of a document, each kind after those it refers to."""
    unknown = [kind for kind in document if kind not in KINDS]
    checks.raise_any({kind: f"is not one of {', '.join(KINDS)}" for kind in unknown})
    for kind in IMPORT_ORDER:
        bodies = document.get(kind, ())
        if not isinstance(bodies, list | tuple) or not all(isinstance(b, dict) for b in bodies):
            raise checks.refused({kind: "must be a list of objects"})
        yield from ((kind, at, body) for at, body in enumerate(bodies))


def _is_changed(item: CatalogItem, existing: Items) -> bool:
    before = existing.get((item.kind, item.code))
    return before is None or dict(before.body) != dict(item.body)
