"""Text messages, both ways; `sns` and `end_user_messaging` send, and meet AWS."""
