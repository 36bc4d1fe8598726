"""What everybody may see of a ticket, and in which words."""
