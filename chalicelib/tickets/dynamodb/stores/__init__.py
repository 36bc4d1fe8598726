"""The stores: what the ports ask for, as calls on the table."""
