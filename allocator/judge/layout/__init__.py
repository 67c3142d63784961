"""How bytes lie, worked out a second time, apart from the solver."""
