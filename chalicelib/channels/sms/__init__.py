"""Text messages, both ways; only `door` meets AWS."""
