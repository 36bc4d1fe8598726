"""What is derived from the table's stream: counters, the list of the whole city, the change feed.

The second reader of the table. All of it can be thrown away and is built anew from the tickets; nothing
here decides over a ticket.
"""
