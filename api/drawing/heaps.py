"""Heaps in words: what they allocate from, what they promise, how they are opened, who may use them."""

from __future__ import annotations

from collections.abc import Iterator

from heapwright.api.drawing.phrases import Blocks, listed, sentence, several, sized
from heapwright.platforms.kernels import there
from heapwright.platforms.schema import AlignBySize, Heap, HeapName, Platform
from heapwright.solver.answer.render import Heading, Labelled


def heaps(platform: Platform, width: int) -> Blocks:
    """Every heap of the board, those its kernel lacks included."""
    if not platform.heaps:
        return
    yield Heading("Heaps")
    rows = []
    for name, heap in platform.heaps.items():
        rows.append(Labelled(name, sentence(_what(platform, heap))))
        rows += [Labelled(name, said) for said in (_opened(heap), sentence(_limits(platform, heap))) if said]
    yield from listed(rows, width)


def _what(platform: Platform, heap: Heap) -> Iterator[str]:
    yield f"{heap.via} from {several(heap.memory)}"
    if heap.run == "whole":
        yield "whole buffers in one run"
    else:
        yield f"runs of {sized(platform.page if heap.run is None else heap.run)}"
    if isinstance(heap.align, AlignBySize):
        yield f"aligned to their size up to {sized(heap.align.by_size_up_to)}"
    elif heap.align is not None and heap.align != platform.page:
        yield f"aligned to {sized(heap.align)}"
    yield "no CPU mapping" if heap.cpu == "none" else f"CPU mapping {heap.cpu}"


def _opened(heap: Heap) -> str:
    """By which names, in the order in which to try them."""
    names = [_node(node) for node in heap.nodes]
    return f"opened as {', else '.join(names)}" if names else ""


def _node(node: str | HeapName) -> str:
    if isinstance(node, str):
        return node
    return f"{node.name} ({sentence(_kernels(node))})" if node.since or node.until else node.name


def _kernels(thing: Heap | HeapName) -> Iterator[str]:
    if thing.since is not None:
        yield f"since {thing.since}"
    if thing.until is not None:
        yield f"gone in {thing.until}"


def _limits(platform: Platform, heap: Heap) -> Iterator[str]:
    if not there(heap, platform.kernel):
        yield f"absent from this kernel ({sentence(_kernels(heap))})"
    else:
        yield from _kernels(heap)
    if heap.access is not None:
        around = f" ({heap.firewall})" if heap.firewall else ""
        yield f"behind a firewall{around} that admits {several(heap.access) or 'nobody'}"
    if heap.exporter is not None:
        yield f"exported by {heap.exporter}"
    if heap.flags:
        yield f"flags {several(heap.flags)}"
    if heap.requires_p2p:
        yield "peer-to-peer importers only"
    if heap.moves_to is not None:
        yield f"moves to {heap.moves_to} once an importer without peer-to-peer attaches"
    if heap.granule is not None:
        yield f"sizes rounded up to {sized(heap.granule)}"
    if heap.largest is not None:
        yield f"at most {sized(heap.largest)} a buffer"
    if heap.buffers is not None:
        yield f"at most {heap.buffers} buffers"
    if heap.sync is not None:
        yield "no cache maintenance" if heap.sync == "none" else "cache maintenance unknown"
    if heap.locks is not None:
        yield f"locks {sized(heap.locks.size)} of {heap.locks.from_} at the first buffer"
    if heap.permission is not None:
        yield f"needs permission: {heap.permission}"
