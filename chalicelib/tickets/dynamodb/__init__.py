"""Tickets, notifications and the catalogue on one DynamoDB table; the only place that knows its keys."""

from chalicelib.tickets.dynamodb.catalogue import DynamoCatalogStore
from chalicelib.tickets.dynamodb.store import DynamoStore

__all__ = ["DynamoCatalogStore", "DynamoStore"]
