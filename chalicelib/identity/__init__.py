"""Who works here, what they may do, and whether it is really they."""
