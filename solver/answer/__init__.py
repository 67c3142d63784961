"""The answer, as data and as text."""
