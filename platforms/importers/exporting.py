"""Heaps of a profile: nodes that allocate, and devices that export buffers of their own.

Which names are one heap follows drivers/dma-buf/heaps/cma_heap.c add_cma_heaps(): the
default CMA area is registered as `default_cma_region`, and every area, the default one
included, under the area's own name. So a node with the name of an area is that area's,
and `default_cma_region` is a second name of the default area's.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from heapwright.platforms.importers.memories import Memories
from heapwright.platforms.importers.naming import name_for
from heapwright.platforms.importers.records import Entry, HeapNodeRecord, Machine
from heapwright.platforms.knowledge.exporters import exporter_of_node, exporters
from heapwright.platforms.knowledge.files import fits

DEFAULT_NAME: Final = "default_cma_region"
HUGE: Final = 2 << 20


class Exporting(NamedTuple):
    """A device that makes buffers: by which way, of which kind (a file of `exporters/`), from where."""

    device: str
    via: str
    exporter: str | None
    local: str | None
    coherent: bool
    source: str


def heaps(machine: Machine, memories: Memories, devices: tuple[Exporting, ...]) -> dict[str, Entry]:
    """The heaps of a machine."""
    section: dict[str, Entry] = {}
    for names, nodes in _pools(machine, memories):
        _heap_node(section, machine, memories, names, nodes)
    if machine.udmabuf is not None:
        _udmabuf(section, machine, memories, machine.udmabuf)
    for each in devices:
        name = name_for(f"{each.device}-{'dumb' if each.via == 'drm' else 'mmap'}", section)
        section[name] = _exported(each, machine, memories)
    return section


def _pools(machine: Machine, memories: Memories) -> list[tuple[str | None, list[HeapNodeRecord]]]:
    """Heap nodes that are one pool, with the area behind it."""
    pools: dict[str, tuple[str | None, list[HeapNodeRecord]]] = {}
    default = next((area.name for area in machine.areas if area.default and area.kind == "cma"), None)
    for node in machine.heaps:
        area = default if node.name == DEFAULT_NAME else node.name if node.name in memories.areas else None
        key = f"area {area}" if area is not None else f"node {node.name}"
        pools.setdefault(key, (area, []))[1].append(node)
    return list(pools.values())


def _heap_node(
    section: dict[str, Entry],
    machine: Machine,
    memories: Memories,
    area: str | None,
    nodes: list[HeapNodeRecord],
) -> None:
    nodes = sorted(nodes, key=lambda node: node.name != DEFAULT_NAME)
    known = "cma" if area is not None or nodes[0].name == DEFAULT_NAME else None
    known = known or exporter_of_node(nodes[0].name, machine.kernel)
    wanted = nodes[0].name
    if area is not None:
        wanted = memories.areas[area]
    elif known == "cma":
        wanted = "cma"
    entry: Entry = {"via": "dma-heap", "names": [node.name for node in nodes]}
    source = nodes[0].source
    if len(nodes) > 1:
        source += f"; one pool: {DEFAULT_NAME} is the default CMA area, which is {nodes[-1].name}"
    own = _own(memories, wanted, known, machine) if area is None else memories.areas[area]
    entry |= _facts(known, machine, memories, own)
    if nodes[0].permission:
        entry["permission"] = nodes[0].permission
    entry["source"] = _both(source, known)
    section[name_for(wanted, section)] = entry


def _own(memories: Memories, wanted: str, known: str | None, machine: Machine) -> str | None:
    """A memory of its own for a pool of which nobody tells where it lies."""
    if known is None or exporters()[known]["from"] not in ("own", "area"):
        return None
    name = name_for(wanted, memories.section)
    entry: Entry = {
        "size": "unknown",
        "source": f"driver-knowledge: {exporters()[known]['source']}",
    }
    if len(memories.ordinary) == 1:
        entry = {"inside": memories.ordinary[0], **entry}
    else:
        entry = {"base": "unknown", **entry}
    memories.section[name] = entry
    return name


def _udmabuf(section: dict[str, Entry], machine: Machine, memories: Memories, node: HeapNodeRecord) -> None:
    common: Entry = {"via": "udmabuf", "names": [node.name]}
    limit = {} if machine.udmabuf_limit is None else {"largest": machine.udmabuf_limit}
    last: Entry = {"permission": node.permission} if node.permission else {}
    section["udmabuf"] = {
        **common, **_facts("udmabuf", machine, memories, None), **limit, **last,
        "source": _both(node.source, "udmabuf"),
    }  # fmt: skip
    if memories.huge is not None:
        section["udmabuf-huge"] = {
            **common, "flags": ["huge"], **_facts("udmabuf-huge", machine, memories, None), **limit, **last,
            "source": _both(node.source, "udmabuf-huge"),
        }  # fmt: skip


def _exported(each: Exporting, machine: Machine, memories: Memories) -> Entry:
    exporter = each.exporter
    if exporter == "queue-contiguous" and memories.default_area is None:
        exporter = "queue-contiguous-buddy"
    entry: Entry = {"via": each.via, "exporter": each.device}
    facts = _facts(exporter, machine, memories, each.local)
    if exporter is not None and each.coherent:
        facts |= exporters()[exporter].get("coherent", {})
    return {**entry, **facts, "source": _both(each.source, exporter)}


def _facts(exporter: str | None, machine: Machine, memories: Memories, own: str | None) -> Entry:
    """Fields of a heap by what is known of its exporter; unknown where nothing is."""
    if exporter is None:
        return {"memory": "unknown", "run": "unknown", "cpu": "unknown"}
    known = exporters()[exporter]
    places: dict[str, list[str]] = {
        "ordinary": list(memories.ordinary),
        "default-area": [memories.default_area] if memories.default_area else [],
        "huge": [memories.huge] if memories.huge else [],
    }
    memory = places.get(known["from"], [own] if own else [])
    facts = {key: HUGE if value == "huge" else value for key, value in known["facts"].items()}
    return {"memory": memory or "unknown", **facts}


def _both(source: str, exporter: str | None) -> str:
    if exporter is None:
        return source
    return f"{source}; driver-knowledge: {exporters()[exporter]['source']}"


def unmapped_by_kernel(machine: Machine, section: dict[str, Entry]) -> tuple[str, ...]:
    """Heaps whose buffers go wrong where the kernel maps them, on this machine's kernel."""
    wrong = {
        name
        for name, data in exporters().items()
        if "wrong_when_mapped_by_kernel" in data
        and fits(data["wrong_when_mapped_by_kernel"], machine.kernel, {})
    }
    return tuple(name for name in section if name in wrong)
