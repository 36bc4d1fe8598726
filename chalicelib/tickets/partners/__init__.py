"""Which other systems speak with us, and what they may do."""
