"""The Chalice app: registers the handler modules; no decisions."""

from chalicelib import logs
from chalicelib.handlers import api, citizen, console, events, open311
from chalicelib.handlers.http import RoutedChalice

app = RoutedChalice(app_name="civicline", configure_logs=False)
logs.tame("civicline")  # what the framework logs quotes paths, and the secrets in them
app.api.binary_types.extend(["multipart/form-data", "image/webp"])
for routes in (citizen.routes, open311.routes, api.routes, console.routes, events.events):
    app.register_blueprint(routes)
