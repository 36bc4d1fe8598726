"""How administrators change the catalogue and the keys: checked, versioned, audited."""
