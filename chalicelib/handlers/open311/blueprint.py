"""The blueprint that the standard's routes hang on."""

from chalice.app import Blueprint

routes = Blueprint(__name__)
