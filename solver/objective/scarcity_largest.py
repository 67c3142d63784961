"""The largest share of any bounded memory used, in ppm (design §6, 6).

Joint: the model bounds it over all placements and the blocks that their heaps lock; alone an
option has none.
"""

from __future__ import annotations

NAME = "scarcity-largest"
SCOPE = "joint"
