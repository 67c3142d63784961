"""`python -m api` is `heapwright`."""

from api.cli import heapwright_main

heapwright_main()
