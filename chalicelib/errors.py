"""Everything that can go wrong on purpose, as one tree; knows nothing else of the product."""

from __future__ import annotations

from collections.abc import Mapping


class DeskError(Exception):
    """Root of all errors that a caller can act on.

    The message is one sentence for a person: which value is wrong and what to do about it.
    """

    code = "error"


class InvalidMessage(DeskError):
    """An inbound message that cannot be read as one."""

    code = "invalid_message"


class InvalidRequest(DeskError):
    """Readable but not acceptable; `fields` names each wrong field with its remedy."""

    code = "invalid_request"

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields: dict[str, str] = dict(fields or {})


class AccessDenied(DeskError):
    """No proof of identity, a wrong one, or a role that may not do this."""

    code = "access_denied"


class WrongWayIn(AccessDenied):
    """It came past what stands before the city, where nothing else may come in."""

    code = "wrong_way_in"


class CodesOwed(AccessDenied):
    """Somebody whose role is only for people who are asked for a code at sign-in."""

    code = "codes_owed"


class NotSignedIn(AccessDenied):
    """No valid sign-in came with the request; signing in helps."""

    code = "not_signed_in"


class TooManyRequests(DeskError):
    """A limit was reached; `retry_after` says in how many seconds to try again."""

    code = "too_many_requests"

    def __init__(self, message: str, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotFound(DeskError):
    """There is no such thing, or it is not visible to the caller; both look the same."""

    code = "not_found"


class FileHeld(DeskError):
    """A file that the scanner has not judged yet: nobody may fetch it for now."""

    code = "file_pending"


class FileInfected(DeskError):
    """A file in which the scanner found something: nobody may fetch it at all."""

    code = "file_infected"


class UnknownService(NotFound):
    """No active service has this code."""

    code = "unknown_service"


class TicketNotFound(NotFound):
    """No such ticket, or not visible to the caller."""

    code = "ticket_not_found"


class LinkEnded(NotFound):
    """A tracking link that was ours and opens nothing any more; a new one can be asked for."""

    code = "link_ended"


class InvalidTransition(DeskError):
    """A status change that the ticket's life does not allow."""

    code = "invalid_transition"


class UnreadableTicket(DeskError):
    """A stored ticket that this release cannot read; it is parked, and staff see it among the parked ones.

    `what` says what is wrong with it, in no words of a citizen. `is_newer` when a later release wrote
    it: it is that one's to read.
    """

    code = "unreadable_ticket"

    def __init__(self, ticket_id: str, what: str, *, is_newer: bool) -> None:
        super().__init__(
            f"What is stored of ticket {ticket_id} cannot be read; staff have it on a list."
        )
        self.ticket_id = ticket_id
        self.what = what
        self.is_newer = is_newer


class StaleTicket(DeskError):
    """Somebody else saved the ticket first; read it again. `version` is the stored one, if known."""

    code = "stale_ticket"

    def __init__(self, message: str, version: int | None = None) -> None:
        super().__init__(message)
        self.version = version


class DuplicateMessage(DeskError):
    """This message was handled before; `ticket_id` is where it went, if it went to a ticket."""

    code = "duplicate_message"

    def __init__(self, message: str, ticket_id: str | None = None, outcome: str = "") -> None:
        super().__init__(message)
        self.ticket_id = ticket_id
        self.outcome = outcome


class MessageConflict(DeskError):
    """Different words came under an id that was handled before; a person must look at both."""

    code = "message_conflict"


class AllowanceUsedUp(DeskError):
    """This address has had its share of messages, or wants none; write without them.

    `bucket` names the share that is used up, and is empty for an address that wants nothing.
    """

    code = "allowance_used_up"

    def __init__(self, message: str, bucket: str = "") -> None:
        super().__init__(message)
        self.bucket = bucket


class StoreBusy(DeskError):
    """The store refused for now (throttled, conflicting); nothing was written, try again."""

    code = "store_busy"


class ReceiptTooEarly(DeskError):
    """A provider speaks of a message whose id we have not written down yet; ask again soon."""

    code = "receipt_too_early"


class SendError(DeskError):
    """A provider did not take a message."""

    code = "send_error"


class TransientSendError(SendError):
    """Throttled, paused or down: certainly not sent, worth another try."""

    code = "transient"


class UnknownSendError(SendError):
    """The answer never came: perhaps sent, so it is not repeated until the receipts are silent."""

    code = "unknown"


class PermanentSendError(SendError):
    """Refused for good: a bad address, a rejected text, an opted-out number.

    `suppressed` says that the provider keeps this recipient on a list of its own.
    """

    code = "permanent"

    def __init__(self, message: str, *, suppressed: bool = False) -> None:
        super().__init__(message)
        self.suppressed = suppressed


class JobsFailed(Exception):
    """Some jobs of a run failed: the message is their names. The function counts as failed."""


class ConfigurationError(Exception):
    """A setting is missing or wrong; not a `DeskError`, so that nothing swallows it with the rest."""


# What reading raises where something stored is damaged, or of another shape than it ever had.
UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
