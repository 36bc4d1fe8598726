"""The files that a mail brings: found, named safely, typed by their bytes."""
