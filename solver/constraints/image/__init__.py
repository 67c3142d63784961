"""Which images a port takes, and how large they are laid out."""
