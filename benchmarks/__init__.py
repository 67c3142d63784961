"""How fast heapwright answers, beside what else could answer: `python -m benchmarks`."""
