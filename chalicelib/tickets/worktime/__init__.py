"""When an agency works, and how working time is counted."""
