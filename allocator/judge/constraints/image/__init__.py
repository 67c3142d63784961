"""What ports take of one image."""
