"""What the JSON API accepts and answers, as models; knows no request."""
