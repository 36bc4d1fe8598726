"""What runs Civicline somewhere: the templates for AWS and the town on one machine."""
