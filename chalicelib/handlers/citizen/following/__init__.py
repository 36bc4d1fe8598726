"""Pages for whoever reported: tracking, confirmation, preferences, one's own reports."""
