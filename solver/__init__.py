"""The question and the answer: which memory should each buffer live in? `heapwright.solve` is the way in."""
