"""What each buffer could be, and why not."""
