"""How things are written as items of the table and read back; calls nothing."""
