"""Tickets and the rules that govern them; names are imported from the module that owns them."""
