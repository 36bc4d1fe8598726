"""The bytes of a mail as parts, headers, addresses and text; never failing."""
