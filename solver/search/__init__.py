"""One candidate for each buffer: engines behind one way of asking, CP-SAT last."""
