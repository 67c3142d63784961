"""The platform as integers."""
