"""The doors: each reads an event, calls one use case and returns; no decisions here."""
