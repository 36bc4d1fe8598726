"""What a ticket, an entry, a notification and a contact are; pure data and its rules."""
