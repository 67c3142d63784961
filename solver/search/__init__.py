"""One candidate for each buffer: branch and bound, else CP-SAT, behind one way of asking."""
