"""Pages of broadcasts: written, checked, approved, watched."""
