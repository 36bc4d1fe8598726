"""One event for every packaged function, in the shapes that AWS uses."""

from __future__ import annotations

import base64
import gzip
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


def changed(sk: str) -> dict[str, Any]:
    """One record of the table's stream."""
    return {
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_330_800.0,
            "Keys": {"pk": {"S": "city.example#TICKET#SR-1"}, "sk": {"S": sk}},
            "SequenceNumber": "4421584500000000017450439091",
            "SizeBytes": 40,
            "StreamViewType": "KEYS_ONLY",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/table/stream/2026",
    }


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
        "destination": ["help@report.city.example"],
    },
    "receipt": {
        "timestamp": "2026-11-22T07:00:01.000Z",
        "recipients": ["help@report.city.example"],
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
LOGGED = {
    "notification": {"messageId": "unknown", "timestamp": "2026-11-22 07:00:02.000"},
    "delivery": {"providerResponse": "Message has been accepted by phone carrier"},
    "status": "SUCCESS",
}


def batch(*records: dict[str, Any]) -> dict[str, Any]:
    """What CloudWatch Logs calls a function with."""
    group = "sns/us-east-1/123456789012/DirectPublishToPhoneNumber"
    lines = [
        {"id": str(n), "timestamp": 0, "message": json.dumps(r)} for n, r in enumerate(records)
    ]
    found = {"messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": group}
    packed = gzip.compress(json.dumps(found | {"logStream": "s", "logEvents": lines}).encode())
    return {"awslogs": {"data": base64.b64encode(packed).decode()}}


EVENTS: dict[str, Any] = {
    "OnChange": {"Records": [changed("TICKET")]},
    "OnTextLog": batch(LOGGED),
    "OnInboundEmail": envelope(RECEIVED),
    "OnInboundSms": envelope(TEXTED),
    "OnReceipt": envelope(DELIVERED),
    "OnDelivery": queued('{"ticket_id": "SR-0000-0000-0", "notification_id": "none"}'),
    "RunEscalations": TICK,
    "SweepDeliveries": TICK,
    "FindLostMail": TICK,
    "RotateKeys": TICK,
    "APIHandler": {
        "resource": "/{proxy+}",
        "path": "/health",
        "httpMethod": "GET",
        "headers": {"accept": "*/*", "host": "x.execute-api.us-east-1.amazonaws.com"},
        "multiValueHeaders": {"accept": ["*/*"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": "health"},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/{proxy+}",
            "httpMethod": "GET",
            "stage": "live",
            "path": "/live/health",
            "identity": {"sourceIp": "203.0.113.9"},
        },
        "body": None,
        "isBase64Encoded": False,
    },
}
