"""GeoReport v2, both ways: forms and queries in, records and documents out; pure, knows no ticket store."""

from chalicelib.channels.open311.documents import FORMATS, render, split_format
from chalicelib.channels.open311.moments import read_moment, show_moment
from chalicelib.channels.open311.posts import parse_post
from chalicelib.channels.open311.problems import Problem, Refused
from chalicelib.channels.open311.queries import Query, parse_query
from chalicelib.channels.open311.records import (
    answer_records,
    definition_record,
    discovery_record,
    request_record,
    service_record,
)

__all__ = [
    "FORMATS",
    "Problem",
    "Query",
    "Refused",
    "answer_records",
    "definition_record",
    "discovery_record",
    "parse_post",
    "parse_query",
    "read_moment",
    "render",
    "request_record",
    "service_record",
    "show_moment",
    "split_format",
]
