"""Tests that run inside the machines that tests/kernel boots, and nowhere else."""

import os

collect_ignore_glob = [] if os.environ.get("HEAPWRIGHT_VM") else ["*"]
