"""What a plan must satisfy, by subject."""
