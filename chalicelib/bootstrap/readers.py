"""What follows the tickets and is read by pages; each built when first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.bootstrap.stores import Stores

if TYPE_CHECKING:
    from chalicelib.identity.absences import StandIns
    from chalicelib.projections.following import Projections
    from chalicelib.projections.reading import Figures
    from chalicelib.tickets.dynamodb.stores.projections import DynamoProjections

# Imported where used: each function of the service pays only for what it reads.


class Readers(Stores):
    """The second reader of the table, and its counters."""

    @cached_property
    def _projection_store(self) -> DynamoProjections:
        from chalicelib.tickets.dynamodb.stores.projections import DynamoProjections

        return DynamoProjections(
            self.client("dynamodb"),
            table_name=self.settings.table_name,
            jurisdiction_id=self.settings.jurisdiction_id,
            spread=self.settings.count_spread,
            now=self.clock.now,
        )

    @cached_property
    def projections(self) -> Projections:
        """What is derived from the table's stream follows it."""
        from chalicelib.projections.following import Projections

        store, zone = self._projection_store, self.settings.timezone
        return Projections(store, self.store, self.catalog, self.clock, zone)

    def retry_parked(self) -> list[str]:
        """Read once more what could not be read; what is well stands in lists and counts again."""
        well = self.store.retry_parked()
        self.projections.follow(well)
        return well

    @cached_property
    def figures(self) -> Figures:
        """What was counted."""
        from chalicelib.projections.reading import Figures

        return Figures(self._projection_store, self.catalog, self.clock)

    @cached_property
    def stand_ins(self) -> StandIns:
        """Who has the tickets of who is away."""
        from chalicelib.identity.absences import StandIns

        return StandIns(self.absences, self.directory, self.clock.now)

    def _stand_in(self, assignee: str, agency_code: str) -> str:
        """A function that assigns and reminds nobody never asks who is away."""
        return self.stand_ins.instead_of(assignee, agency_code)
