"""The board as the judge finds it."""
