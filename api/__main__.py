"""`python -m api` is `heapwright`."""

from api.start import heapwright

heapwright()
