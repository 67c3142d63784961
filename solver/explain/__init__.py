"""Why, why not, and the ways out."""
