"""Terms about conversions: they come first, and are 0 for what is not converted."""
