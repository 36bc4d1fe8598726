"""How a written notification leaves, and what became of it."""
