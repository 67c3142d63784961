"""Placements that an importer moves out of their heap, so that they live elsewhere (design §6, 10).

The first attachment copies them, and whoever mapped them before maps them anew: at equal cost a heap
in which a buffer stays is better.

Example:
    devices.camera.imports: [card]
    heaps.card: {memory: [vram], exporter: panel, moves_to: system}
    memory.vram.local: {costs 0: [camera, panel], costs 1: panel}
"""

from heapwright.solver.objective.term import CostTerm

TERM = CostTerm(name="moved-buffers", scope="placed", reads=("moved",), rule=int)
