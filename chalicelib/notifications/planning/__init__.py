"""Which notice goes to whom because something happened."""
