"""Photos and other files: read, cleaned, kept in S3."""
