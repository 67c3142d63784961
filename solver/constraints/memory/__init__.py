"""What heaps and memories allow."""
