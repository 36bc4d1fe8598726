"""Tickets, notifications and the catalogue on one DynamoDB table; the only place that knows its keys."""

from chalicelib.tickets.dynamodb.store import DynamoStore
from chalicelib.tickets.dynamodb.stores.catalogue import DynamoCatalogStore

__all__ = ["DynamoCatalogStore", "DynamoStore"]
