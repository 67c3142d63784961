"""What the running machine does with a buffer, step by step."""
