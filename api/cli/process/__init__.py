"""The process: signals while it starts, works and holds buffers, and the code with which it ends."""
