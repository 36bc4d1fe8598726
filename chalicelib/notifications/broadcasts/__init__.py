"""One message to very many: who gets it, approved, sent in chunks."""
