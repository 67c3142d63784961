"""Carrying out a plan: simulated, or on the running machine."""
