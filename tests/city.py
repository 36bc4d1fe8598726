"""A whole city in memory: the desk, its notifier and its clock on fakes, for tests of the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from chalicelib.messages import Audience, Channel, InboundMessage, Party, Proof, ReplyToken
from chalicelib.notifications.planning.planner import NoticePlanner
from chalicelib.notifications.planning.published_notices import PublishedNotices
from chalicelib.notifications.sending.delivery import Notifier
from chalicelib.notifications.sending.fallback import Fallback
from chalicelib.notifications.sending.sms_budget import SmsBudget
from chalicelib.notifications.sending.wording import Wording
from chalicelib.signing import Signer
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.seed import seed_items
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.desk import ServiceDesk
from chalicelib.tickets.intake.keywords import KeywordAnswers
from chalicelib.tickets.intake.opening import Opener
from chalicelib.tickets.intake.quarantine import Quarantine
from chalicelib.tickets.intake.receiving import Intake
from chalicelib.tickets.model.ticket import Actor, Ticket
from chalicelib.tickets.people.links import tracking_secret
from chalicelib.tickets.ports import CatalogItem, Strangers
from tests.fakes import FakeCatalogStore, FakeQueue, FakeSender, FakeTicketStore, FixedClock

ANNA = Party(name="Anna Ek", email="anna@example.org")
BEN = Party(name="Ben Roy", email="ben@example.org")
PHONE = Party(phone="+12025550123")


class ByAddress(Strangers):
    """`People` who are known by their mail address, as in the stories of these tests."""

    def address(self, name: str) -> str:
        """An address is its own."""
        return name if "@" in name else ""


CLERK = Actor("staff", "clerk@city.example", "Cleo Clerk")
_numbers = count(1)


@dataclass
class City:
    """Everything wired as in `bootstrap`, on fakes."""

    clock: FixedClock = field(default_factory=FixedClock)
    store: FakeTicketStore = field(default_factory=FakeTicketStore)
    queue: FakeQueue = field(default_factory=FakeQueue)
    mail: FakeSender = field(default_factory=lambda: FakeSender(Channel.EMAIL))
    texts: FakeSender = field(default_factory=lambda: FakeSender(Channel.SMS))
    signer: Signer = field(default_factory=lambda: Signer({"k1": "a secret of the tests"}, "k1"))

    def __post_init__(self) -> None:
        items = [
            CatalogItem(kind=i.kind, code=i.code, version=1, body=i.body) for i in seed_items()
        ]
        self.catalogs = FakeCatalogStore(items)
        planner = NoticePlanner(
            jurisdiction_id="city.example",
            city_name="Northfield",
            timezone="America/New_York",
            default_locale="en",
            public_url="https://city.example",
            tracking_url=self.tracking_url,
            people=ByAddress(),
        )
        self.committer = Committer(
            self.store, self.store, self.catalogs, planner, self.queue, self.clock
        )
        self.opener = Opener(self.catalogs, "city.example", "en")
        intake = Intake(self.committer, self.opener, KeywordAnswers(self.committer))
        self.desk = ServiceDesk(self.committer, intake, lambda: self.signer)
        self.quarantine = Quarantine(self.committer, self.opener)
        self.notifier = Notifier(
            store=self.store,
            tickets=self.store,
            senders={Channel.EMAIL: self.mail, Channel.SMS: self.texts},
            queue=self.queue,
            clock=self.clock,
            wording=Wording(
                reply_address=lambda n: f"reply+{n.ticket_id}@city.example",
                published_notices=PublishedNotices(self.catalogs),
                policy=self.policy,
            ),
            note_failure=self.desk.note_failure,
            note_unknown=self.desk.note_unknown,
            sms_budget=SmsBudget(self.store, self.policy, ticks=self.ticks),
            fallback=Fallback(tickets=self.store, queue=self.queue, policy=self.policy),
            jurisdiction_id="city.example",
        )

    def policy(self) -> Policy:
        """What is published now."""
        return self.catalogs.load().policy

    def ticks(self) -> float:
        """The city's clock as a count of seconds."""
        return self.clock.now().timestamp()

    def tracking_url(self, ticket: Ticket) -> str:
        """As `bootstrap` makes it."""
        return f"https://city.example/t/{ticket.ticket_id}/{tracking_secret(self.signer, ticket)}"

    def now(self) -> datetime:
        """The city's time."""
        return self.clock.now()

    def write(self, text: str = "There is a pothole in Main Street.", **given: Any) -> Ticket:
        """A proven mail of Anna's arrives; the ticket it became or joined."""
        outcome = self.desk.receive(self.message(text, **given))
        assert outcome.ticket_id, outcome
        return self.store.get(outcome.ticket_id)

    def message(
        self, text: str = "There is a pothole in Main Street.", **given: Any
    ) -> InboundMessage:
        """A proven mail of Anna's, unless told otherwise."""
        facts: dict[str, Any] = {
            "channel": Channel.EMAIL,
            "message_id": f"m{next(_numbers)}",
            "sender": ANNA,
            "received_at": self.now(),
            "text": text,
            "proof": Proof.PROVEN,
        }
        return InboundMessage(**facts | given)

    def text(self, body: str, **given: Any) -> InboundMessage:
        """A text message from `PHONE`."""
        return self.message(body, **{"channel": Channel.SMS, "sender": PHONE} | given)

    def token(self, ticket: Ticket, audience: Audience = Audience.REQUESTER) -> ReplyToken:
        """What the reply address made for Anna proves."""
        return ReplyToken(ticket_id=ticket.ticket_id, audience=audience, party_key=ANNA.key)

    def send_all(self) -> None:
        """Deliver whatever is queued."""
        for key in self.queue.take():
            self.notifier.deliver(key)

    def kinds(self, ticket: Ticket) -> list[str]:
        """The kinds of the ticket's entries, in order."""
        return [entry.kind for entry in self.store.read(ticket.ticket_id).entries]

    def notices(self, ticket: Ticket) -> list[str]:
        """The names of the ticket's notifications, in order."""
        return [n.notice for n in self.store.read(ticket.ticket_id).notifications]
