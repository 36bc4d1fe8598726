"""Signing in, one's own account, and what every page of the console does first and last."""
