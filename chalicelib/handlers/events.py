"""What arrives without a person waiting: mail, texts, receipts, deliveries, schedules.

Each function runs alone on Lambda, without `app.py`; nothing here may lean on the app object.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Any, TypeVar

from chalice.app import Blueprint, Rate

from chalicelib import bootstrap, logs, metrics
from chalicelib.bootstrap import Services
from chalicelib.errors import InvalidMessage, JobsFailed
from chalicelib.handlers.batches import LEAST_TO_SEND_MS, Failures, each, time_left
from chalicelib.messages import DeliveryReceipt, ReceiptKind
from chalicelib.metrics import Metric

# Imported where used: ten functions share this module, each pays for its own.

log = logs.Log(__name__)

events = Blueprint(__name__)

Answer = TypeVar("Answer")


class RunFailed(Exception):
    """A run ended early; Lambda counts it, and its log says why."""


def with_services(function: Callable[[Services, Any], Answer]) -> Callable[..., Answer]:
    """The event function that gives `function` what this process works with, then the event.

    Raises `RunFailed` in place of any error: the runtime would write its words into the log.
    """

    @wraps(function)
    def called(event: Any, context: Any = None) -> Answer:
        with logs.bound(function=function.__name__, correlation_id=_run_id(event, context)):
            try:
                return function(bootstrap.services(), event)
            except JobsFailed:
                raise  # in words of ours, and logged by job
            except Exception as error:
                log.failure("run failed", error)
                raise RunFailed(f"{type(error).__name__}; the line before says where.") from None

    return called


@events.on_sqs_message(queue=os.environ.get("INBOUND_EMAIL_QUEUE", "inbound-email"), batch_size=1)
@with_services
def on_inbound_email(services: Services, event: Any) -> Failures:
    """A mail that SES stored becomes a ticket or an entry."""
    return each(event, partial(_receive_mail, services), stubborn=Metric.INBOUND_FAILING)


@events.on_sqs_message(queue=os.environ.get("INBOUND_SMS_QUEUE", "inbound-sms"), batch_size=10)
@with_services
def on_inbound_sms(services: Services, event: Any) -> Failures:
    """A text message becomes a ticket, an entry or an answer."""
    return each(event, partial(_receive_text, services), stubborn=Metric.INBOUND_FAILING)


@events.on_sqs_message(queue=os.environ.get("DELIVERY_QUEUE", "delivery"), batch_size=10)
@with_services
def on_delivery(services: Services, event: Any) -> Failures:
    """Written notifications leave; the queues of urgent ones and of broadcasts come here, too
    (`infra/functions.yaml`)."""
    return each(event, partial(_deliver, services), least=LEAST_TO_SEND_MS)


@events.on_sqs_message(queue=os.environ.get("RECEIPTS_QUEUE", "receipts"), batch_size=10)
@with_services
def on_receipt(services: Services, event: Any) -> Failures:
    """Providers tell what became of what left."""
    return each(event, partial(_record_receipts, services))


# Which stream it is, and how it is read, stands in `infra/functions.yaml`.
@events.on_dynamodb_record(stream_arn="StreamArn", starting_position="TRIM_HORIZON")
@with_services
def on_change(services: Services, event: Any) -> None:
    """What counts and lists tickets follows what was written; a failed batch comes again, by halves."""
    from chalicelib.tickets.dynamodb.changes import changed_tickets

    records = event.to_dict()["Records"]
    if ticket_ids := changed_tickets(records, services.settings.jurisdiction_id):
        services.projections.follow(ticket_ids, time_left(event))


@events.lambda_function()
@with_services
def on_text_log(services: Services, event: Any) -> None:
    """What became of texts, which SNS writes into CloudWatch Logs, joins the other receipts."""
    from chalicelib.channels.sms.delivery_log import open_batch

    try:
        records = open_batch(event, services.settings.sms_log_group)
    except InvalidMessage as error:
        log.failure("a log of texts was refused", error)
        return
    services.reports.put(records)


_FOR_OTHERS_MS = 10_000  # of a minute in which very many tickets are due, for the jobs after


@events.schedule(Rate(1, unit=Rate.MINUTES))
@with_services
def run_escalations(services: Services, event: Any) -> None:
    """The catalogue's snapshot is mended; what is due happens; then open tickets follow what administrators
    changed, other systems hear of their messages; purses are watched; counters, followers, broadcasts run.

    A job that fails stops no other. Raises `JobsFailed` at the end, which names those that did.
    """
    remaining = time_left(event)
    jobs: Mapping[str, Callable[[], object]] = {
        "catalogue": services.catalog.mend,
        "deadlines": partial(_keep_deadlines, services, remaining, _scheduled_for(event)),
        "callbacks": lambda: services.caller.call_due(remaining),
        "allowances": services.desk.watch_purses,
        "counters": lambda: services.projections.keep_time(remaining),
        "followers": lambda: services.following.run(remaining),
        "broadcasts": lambda: services.broadcasts.run(remaining),
        "recount": lambda: services.projections.walk(remaining),
    }
    _do_all(jobs)


def _do_all(jobs: Mapping[str, Callable[[], object]]) -> None:
    failed = [name for name, job in jobs.items() if not _is_done(name, job)]
    if failed:
        raise JobsFailed(", ".join(failed))


def _is_done(name: str, job: Callable[[], object]) -> bool:
    """Do a job; whether it went well."""
    try:
        job()
    except Exception as error:
        log.failure("a job of a schedule failed", error, kind=name)
        return False
    return True


def _keep_deadlines(
    services: Services, remaining: Callable[[], int], latest: datetime | None
) -> None:
    """A catalogue's change waits until every step that is due was seen."""

    def ours() -> int:
        return remaining() - _FOR_OTHERS_MS

    if services.escalations.run(ours, latest).is_complete:
        services.recomputation.run(ours)


@events.schedule(Rate(5, unit=Rate.MINUTES))
@with_services
def sweep_deliveries(services: Services, event: Any) -> None:
    """What a crash or a refusal left unsent is handed over again."""
    services.notifier.enqueue_due()


@events.schedule(Rate(1, unit=Rate.DAYS))
@with_services
def find_lost_mail(services: Services, event: Any) -> None:
    """Once a day: mail that lies in the bucket and that nobody handled is handed to intake, and the user
    pool is asked who works here.

    Whoever restored the table calls it with `until` in the event's detail. Raises `JobsFailed`.
    """
    until, remaining = event.detail.get("until", ""), time_left(event)
    latest = datetime.fromisoformat(until) if until else None
    _do_all(
        {
            "staff": lambda: services.roll_call.run(remaining),
            "mail": lambda: services.mail_search.run(remaining, latest),
        }
    )


@events.schedule(Rate(1, unit=Rate.DAYS))
@with_services
def rotate_keys(services: Services, event: Any) -> None:
    """Once a day: signing keys whose term has ended are renewed, and given up when nothing needs them."""
    services.key_ring.rotate(services.clock.now())


def _receive_mail(services: Services, body: str) -> None:
    message = services.mail.fetch(body)
    if message is None:
        return
    services.desk.receive(message)
    if message.report is not None:  # a bounce that came by mail instead of as an event
        services.notifier.record(message.report)


def _receive_text(services: Services, body: str) -> None:
    message = services.texts.parse(body)
    if message is not None:
        services.desk.receive(message)


def _deliver(services: Services, body: str) -> None:
    from chalicelib.queues import read_correlation, read_key

    key = read_key(body)
    with logs.bound(
        correlation_id=read_correlation(body),
        ticket_id=key.ticket_id,
        notification_id=key.notification_id,
    ):
        try:
            services.notifier.deliver(key)
        except Exception as error:  # no letter is dead that stands in the table: the sweep finds it
            log.failure("left to the sweep", error)


def _record_receipts(services: Services, body: str) -> None:
    from chalicelib.channels.receipts import parse_receipts

    try:
        receipts = parse_receipts(body, services.settings.sms_log_group)
    except InvalidMessage:
        log.warning("a receipt that cannot be read was dropped")
        return
    metrics.put(Metric.RECEIPTS_SEEN, len(receipts))
    for receipt in receipts:
        with logs.bound(correlation_id=receipt.correlation_id):
            _record(services, receipt)


def _record(services: Services, receipt: DeliveryReceipt) -> None:
    notification = services.notifier.record(receipt)
    if notification and receipt.kind in (ReceiptKind.DELIVERED, ReceiptKind.SENT_ON):
        by_carrier = receipt.kind is ReceiptKind.SENT_ON
        services.desk.note_informed(notification, by_carrier=by_carrier)


def _run_id(event: Any, context: Any) -> str:
    """Lambda's own name for this run; Chalice keeps the context in those events that it wraps."""
    return str(getattr(context or getattr(event, "context", None), "aws_request_id", ""))


def _scheduled_for(event: Any) -> datetime | None:
    """The end of the minute that the one clock of the schedule called us for."""
    stamp = getattr(event, "time", "")
    return datetime.fromisoformat(stamp) + timedelta(minutes=1) if stamp else None
