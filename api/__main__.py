"""`python -m heapwright.api` is `heapwright`."""

from heapwright.api.start import heapwright

heapwright()
