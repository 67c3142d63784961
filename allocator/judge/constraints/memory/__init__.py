"""What buffers take from what is shared, and whether there is enough of it."""
