"""What makes dma-bufs on the running machine: one module per way, listed here by a heap's `via`."""
