"""What contradicts something, with its path in the plan."""

from __future__ import annotations

from heapwright.platforms.errors import Path

Contradiction = tuple[Path, str]
