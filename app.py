"""The Chalice app: registers the handler modules; no decisions."""

from chalice import Chalice

from chalicelib.handlers import citizen, console, events, open311, staff

app = Chalice(app_name="civicline")
app.api.binary_types.extend(["multipart/form-data", "image/webp"])
for routes in (citizen.routes, open311.routes, staff.routes, console.routes, events.events):
    app.register_blueprint(routes)
