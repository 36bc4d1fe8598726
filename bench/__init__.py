"""What is measured, so that speed and cost are never a matter of belief."""
