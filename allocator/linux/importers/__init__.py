"""What takes dma-bufs on the running machine: one module per way."""
