"""Pages that take a report: the choice of a service, the form, photos, open reports nearby."""
