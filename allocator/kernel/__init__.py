"""A board that pretends: what a kernel on it would do, call by call."""
