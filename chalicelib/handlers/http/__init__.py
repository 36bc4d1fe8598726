"""What all HTTP handlers share: calls, answers, errors, forms; knows nothing of tickets."""

from chalicelib.bootstrap import Services
from chalicelib.handlers.http.answers import (
    POLICY,
    add_cookies,
    answer,
    cookie,
    json_answer,
    lang_urls,
    not_modified,
    own_name,
    page,
    redirect,
)
from chalicelib.handlers.http.bodies import Form, Upload
from chalicelib.handlers.http.calls import LOCALES, Call
from chalicelib.handlers.http.doors import PUBLIC_ROUTES, api, finish, shape_errors
from chalicelib.handlers.http.failures import (
    Failure,
    json_failure,
    note_refusal,
    page_failure,
)
from chalicelib.handlers.http.forgery import check_form, form_token, is_genuine
from chalicelib.handlers.http.networks import origin_of
from chalicelib.handlers.http.routing import RoutedChalice

__all__ = [
    "LOCALES",
    "POLICY",
    "PUBLIC_ROUTES",
    "Call",
    "Failure",
    "Form",
    "RoutedChalice",
    "Services",
    "Upload",
    "add_cookies",
    "answer",
    "api",
    "check_form",
    "cookie",
    "finish",
    "form_token",
    "is_genuine",
    "json_answer",
    "json_failure",
    "lang_urls",
    "not_modified",
    "note_refusal",
    "origin_of",
    "own_name",
    "page",
    "page_failure",
    "redirect",
    "shape_errors",
]
