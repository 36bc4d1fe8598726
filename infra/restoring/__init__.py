"""A stage brought back from a moment: the table, what had left since, what came since, and the switch."""
