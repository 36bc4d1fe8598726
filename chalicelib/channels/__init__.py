"""Translators between the world's messages and ours; nothing here knows what a ticket is."""
