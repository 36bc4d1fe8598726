"""Pages that show how the desk does: deadlines, deliveries, quarantine, audit trail."""
