"""Tests that need no kernel running but its headers: `python -m tests.kernel` runs them before it boots."""

import os

collect_ignore_glob = [] if os.environ.get("HEAPWRIGHT_HEADERS") else ["*"]
