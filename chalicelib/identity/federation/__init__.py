"""Signing in elsewhere: the city's own identity provider, and what its groups mean here."""
