"""The blueprint that the citizens' views hang on, and the last look at every answer of the app."""

from chalice.app import Blueprint

from chalicelib.handlers.http import finish

routes = Blueprint(__name__)
# A blueprint's middleware serves the whole app: answers that Chalice makes itself pass here too.
routes.register_middleware(finish, "http")
