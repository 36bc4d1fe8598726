"""What administrators do with people; built when first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.bootstrap.desks import Desks

if TYPE_CHECKING:
    from chalicelib.identity.people import PeopleDesk
    from chalicelib.tickets.model.records import AuditRecord

# Imported where used: only the console's function appoints anybody.


class People(Desks):
    """The people who work here."""

    @cached_property
    def people(self) -> PeopleDesk:
        """People appointed, changed and dismissed."""
        from chalicelib.identity.people import PeopleDesk
        from chalicelib.identity.pool import Pool

        return PeopleDesk(
            pool=Pool(self.client("cognito-idp"), self.settings.user_pool_id),
            directory=self.directory,
            roll_call=self.roll_call,
            absences=self.absences,
            clock=self.clock,
            write_down=self._write_down,
            end_sessions=self.sessions.end_all,
        )

    def _write_down(self, record: AuditRecord) -> None:
        from chalicelib.tickets.model.records import Change

        self.store.save(Change(audit=[record]))
