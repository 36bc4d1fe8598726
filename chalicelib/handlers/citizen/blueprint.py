"""The blueprint that the citizens' views hang on."""

from chalice.app import Blueprint

routes = Blueprint(__name__)
