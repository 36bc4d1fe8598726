"""The pages of the people who work here."""
