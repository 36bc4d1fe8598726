"""Which notice goes to whom and how, and whether it arrived; knows no provider."""
