"""The one way in which anything is written, and what always follows from a write."""
