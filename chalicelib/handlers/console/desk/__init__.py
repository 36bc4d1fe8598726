"""Pages on which staff work: the queue, a ticket, what can be done with it."""
