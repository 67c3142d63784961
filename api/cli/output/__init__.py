"""Where answers are written: a terminal, a pipe or a file."""
