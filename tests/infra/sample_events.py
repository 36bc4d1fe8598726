"""One event for every packaged function, in the shapes that AWS uses."""

from __future__ import annotations

import json
from typing import Any


def envelope(message: dict[str, Any]) -> dict[str, Any]:
    """An SQS event with one SNS message in it."""
    body = {
        "Type": "Notification",
        "MessageId": "5f4a1b2c-0000-4000-8000-000000000001",
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:topic",
        "Message": json.dumps(message),
        "Timestamp": "2026-11-22T07:00:00.000Z",
    }
    return queued(json.dumps(body))


def queued(body: str) -> dict[str, Any]:
    record = {
        "messageId": "0d7f5b1e-0000-4000-8000-000000000002",
        "receiptHandle": "handle",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
        "awsRegion": "us-east-1",
    }
    return {"Records": [record]}


TICK = {
    "version": "0",
    "account": "123456789012",
    "region": "us-east-1",
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-11-22T07:00:00Z",
    "id": "tick",
    "resources": [],
}
RECEIVED = {
    "notificationType": "Received",
    "mail": {
        "timestamp": "2026-11-22T07:00:00.000Z",
        "source": "ada@resident.example",
        "messageId": "alone",
        "destination": ["help@report.dev.city.example"],
    },
    "receipt": {
        "timestamp": "2026-11-22T07:00:01.000Z",
        "recipients": ["help@report.dev.city.example"],
        **{f"{name}Verdict": {"status": "PASS"} for name in ("spam", "virus", "spf", "dkim")},
        "dmarcVerdict": {"status": "PASS"},
        "action": {"type": "S3", "objectKeyPrefix": "inbound/", "objectKey": "inbound/alone"},
    },
}
TEXTED = {
    "originationNumber": "+12125550123",
    "destinationNumber": "+15550100311",
    "messageKeyword": "KEYWORD",
    "messageBody": "The light at 12 Elm Street is out",
    "inboundMessageId": "3d3f7b1e-0000-4000-8000-000000000003",
}
DELIVERED = {
    "eventType": "Delivery",
    "mail": {"messageId": "unknown", "timestamp": "2026-11-22T07:00:00.000Z"},
    "delivery": {"timestamp": "2026-11-22T07:00:02.000Z", "recipients": ["ada@resident.example"]},
}
EVENTS: dict[str, Any] = {
    "OnInboundEmail": envelope(RECEIVED),
    "OnInboundSms": envelope(TEXTED),
    "OnReceipt": envelope(DELIVERED),
    "OnDelivery": queued('{"ticket_id": "SR-0000-0000-0", "notification_id": "none"}'),
    "RunEscalations": TICK,
    "SweepDeliveries": TICK,
    "APIHandler": {
        "resource": "/health",
        "path": "/health",
        "httpMethod": "GET",
        "headers": {"accept": "*/*", "host": "x.execute-api.us-east-1.amazonaws.com"},
        "multiValueHeaders": {"accept": ["*/*"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/health",
            "httpMethod": "GET",
            "stage": "live",
            "path": "/live/health",
            "identity": {"sourceIp": "203.0.113.9"},
        },
        "body": None,
        "isBase64Encoded": False,
    },
}
