"""Facts that make a drafted question harder, one function each.

Their numbers lie near where they bind: masks around the end of memory,
apertures of a few pages, strides around the width.
"""

from __future__ import annotations

from tests.property.drafts import READERS, SOURCE, Draft, Json
from tests.property.protection_marks import marked, walled

# Reach


def bits(draft: Draft) -> None:
    draft.device()["dma"]["bits"] = draft.pick(10, 11, 12, 13, 14, 16, "unknown")


def iommu(draft: Draft) -> None:
    dma = draft.device()["dma"]
    dma.pop("mmu", None)
    for physical in ("segments", "boundary"):
        dma.pop(physical, None)
    dma["iommu"] = "u0"
    unit = draft.iommus.setdefault("u0", {"source": SOURCE})
    if draft.chance(2):
        unit["aperture"] = {"base": draft.pick(0, 0, 512), "size": draft.pick(192, 384, 512, 1024)}
    if draft.chance(3):
        unit["bits"] = draft.pick(11, 12, 14, 17)
    if draft.chance(3):
        unit["page"] = draft.pick(64, 128, 256)
    if draft.chance(2):
        unit["iova"] = draft.pick("dma-iommu", "drm-mm", {"by_size_up_to": 256}, "unknown")
    if draft.chance(3):
        dma["bits"] = draft.pick(8, 9, 10, 12)


def own_aperture(draft: Draft) -> None:
    dma = draft.device()["dma"]
    if "iommu" in dma or "mmu" in dma:
        dma["aperture"] = {"base": draft.pick(0, 256), "size": draft.pick(128, 256, 512)}


def bus_window(draft: Draft) -> None:
    window = {"base": draft.pick(0, 1024), "size": draft.pick(2048, 4096, 8192)}
    draft.device()["dma"]["window"] = {**window, "offset": draft.pick(0, 0, 64, 192, 4096)}


def linear(draft: Draft) -> None:
    dma = draft.device()["dma"]
    dma.pop("mmu", None)
    dma.pop("iommu", None)
    if draft.chance(2):
        dma["segments"] = draft.pick(1, 2, 4, "unknown")
    if draft.chance(3):
        dma["segment_size"] = draft.pick(64, 96, 128, 192, 256)
    if draft.chance(3):
        dma["boundary"] = draft.pick(128, 256, 1024)


def local_memory(draft: Draft) -> None:
    name = draft.pick(*draft.memory)
    memory = draft.memory[name]
    if memory.get("inside"):
        return
    memory["local"] = draft.pick(*draft.devices)
    if draft.chance(2) and name != "m0":
        memory.pop("base", None)
    if draft.chance(2):
        memory["reached_by"] = draft.some(draft.devices)
    for device in draft.devices.values():
        device["dma"]["p2p"] = draft.pick("none", "static", "dynamic", "unknown")
    if draft.chance(2) and len(draft.heaps) > 1:
        source, target = draft.random.sample(sorted(draft.heaps), 2)
        if draft.heaps[source]["memory"] == [name] and draft.heaps[target]["memory"] != [name]:
            draft.heaps[source]["moves_to"] = target


def port_memory(draft: Draft) -> None:
    draft.port()["memory"] = draft.some(draft.memory)


def pinnable(draft: Draft) -> None:
    name = draft.pick(*draft.memory)
    draft.memory[name]["window"] = draft.pick(128, 256, 512)
    if draft.chance(2):
        draft.port()["memory"] = [name]


def imports(draft: Draft) -> None:
    device = draft.device()
    device["imports"] = draft.pick("none", "any", "unknown", draft.some(draft.heaps), draft.some(draft.heaps))
    if draft.chance(2):
        draft.heap()["exporter"] = draft.pick(*draft.devices)


def takes_from(draft: Draft) -> None:
    draft.port()["takes_from"] = draft.some(draft.heaps)


def prefers(draft: Draft) -> None:
    """An order of formats, modifiers or both, which may name what the port does not take."""
    port = draft.port()
    formats = sorted({"XR24", "NV12", *(name for rule in port["images"] for name in rule["formats"])})
    known = (name for rule in port["images"] for name in rule.get("modifiers", ()))
    modifiers = sorted({"LINEAR", "I915_X_TILED", *known})
    order = {"formats": _shuffled(draft, formats), "modifiers": _shuffled(draft, modifiers)}
    left_out = draft.pick(None, "formats", "modifiers")
    port["prefers"] = {key: names for key, names in order.items() if key != left_out} | {"source": SOURCE}


def _shuffled(draft: Draft, names: list[str]) -> list[str]:
    return draft.random.sample(names, draft.random.randint(1, len(names)))


def avoid(draft: Draft) -> None:
    for heap in draft.some(draft.heaps):
        draft.heaps[heap]["avoid"] = "needed elsewhere"


def by_cpu(draft: Draft) -> None:
    draft.device()["by_cpu"] = True
    if draft.chance(2):
        draft.heap()["cpu"] = "none"


def unmapped(draft: Draft) -> None:
    draft.heap()["cpu"] = draft.pick("none", "unknown")


def once(draft: Draft) -> None:
    draft.device()["once"] = True


def needs_p2p(draft: Draft) -> None:
    draft.heap()["requires_p2p"] = True
    for device in draft.devices.values():
        device["dma"].setdefault("p2p", draft.pick("none", "dynamic"))


def codec(draft: Draft) -> None:
    draft.device()["codecs"] = draft.pick(["h264"], ["hevc", "h264"])
    draft.use()["codec"] = draft.pick("h264", "hevc")


def connector(draft: Draft) -> None:
    draft.device()["connectors"] = draft.pick(["A"], ["A", "B"])
    _reselect(draft, draft.pick("@A", "#2@A"))
    if draft.chance(3):
        draft.device()["connectors"] = ["B"]
        _reselect(draft, draft.pick("@B", "#2@B"))


def label(draft: Draft) -> None:
    _reselect(draft, "#2")


def stage(draft: Draft) -> None:
    _reselect(draft, ":x")


def _reselect(draft: Draft, more: str) -> None:
    use = draft.use()
    kind, dot, port = use.get("port", "").partition(".")
    if dot and not set(kind) & set("#@:"):
        use["port"] = f"{kind}{more}.{port}"


# Memory


def vague_memory(draft: Draft) -> None:
    memory = draft.memory[draft.pick(*draft.memory)]
    which = draft.pick("size", "size", "base", "held", "unknown")
    if which == "size" and isinstance(memory["size"], int):
        memory["size"] = f"{memory['size'] // 2}..{memory['size']}"
    elif which == "unknown":
        memory["size"] = "unknown"
    elif which == "held":
        memory["held"] = draft.pick(64, 256, 512)
    elif "inside" not in memory:
        memory["base"] = draft.pick("0..8192", "unknown", "4096..65536")


def small_memory(draft: Draft) -> None:
    name = draft.pick(*draft.memory)
    if not any(memory.get("inside") == name for memory in draft.memory.values()):
        draft.memory[name]["size"] = draft.pick(128, 256, 320, 512)


def bandwidth(draft: Draft) -> None:
    carrier = draft.pick(*draft.memory.values(), *draft.devices.values())
    carrier["bandwidth"] = {"peak": draft.pick(1000, 5000, 10000, 20000), "source": SOURCE}


def heap_limits(draft: Draft) -> None:
    heap = draft.heap()
    which = draft.pick("largest", "buffers", "granule")
    heap[which] = {
        "largest": draft.pick(64, 128, 200),
        "buffers": draft.pick(1, 2, 3),
        "granule": draft.pick(128, 192),
    }[which]


def kernel(draft: Draft) -> None:
    draft.heap()[draft.pick("since", "until")] = draft.pick("6.6", "6.9", "6.12", "6.13")


def lock(draft: Draft) -> None:
    draft.heap()["locks"] = {"from": draft.pick(*draft.memory), "size": draft.pick(128, 256, 512)}


def incoherent(draft: Draft) -> None:
    heap = draft.heap()
    heap["cpu"] = "cached"
    heap["sync"] = draft.pick("none", "none", "unknown")


def count(draft: Draft) -> None:
    buffer = draft.buffer()
    wishes: list[Json] = [
        {"min": 1, "wish": 3},
        {"min": 2, "wish": 5},
        {"min": 1, "wish": 12},
        {"min": 4, "wish": 6},
    ]
    buffer["count"] = draft.pick(1, 4, 6, *wishes)
    for _ in range(draft.pick(0, 2)):
        small_memory(draft)


def holds(draft: Draft) -> None:
    port = draft.port()
    which = draft.pick("holds", "slack", "min", "max")
    if which in ("holds", "slack"):
        port[which] = draft.pick(1, 2, 3)
    else:
        port.setdefault("count", {})[which] = draft.pick(2, 3) if which == "min" else draft.pick(1, 2, 3)


def resource(draft: Draft) -> None:
    draft.resources["r"] = draft.pick(0, 1, 1, 2, 3)
    for _ in range(draft.pick(1, 2, 3)):
        draft.pick(draft.port(), draft.rule())["uses"] = {"r": draft.pick(1, 1, 2)}


def how_many(draft: Draft) -> None:
    draft.port()["how_many"] = draft.pick(1, 1, 2, 2, "unknown")


# Protection and graph


def protected(draft: Draft) -> None:
    buffer = draft.buffer()
    kinds = sorted({device["kind"] for device in draft.devices.values()})
    if draft.chance(2):
        buffer["protected"] = {"audience": draft.random.sample(kinds, draft.random.randint(1, len(kinds)))}
    else:
        buffer["protected"] = True
    for _ in range(draft.pick(1, 2)):
        firewall(draft)
    if draft.chance(2):
        marked(draft, plain=2)
    for device in draft.devices.values():
        for port in device["ports"].values():
            if not draft.chance(6):
                port["protected"] = "allowed"


def firewall(draft: Draft) -> None:
    names = sorted(draft.devices)
    name = draft.pick(*draft.heaps)
    heap = draft.heaps[name]
    walled(draft, name)
    heap["access"] = draft.pick(names, names, draft.some(draft.devices), "unknown")
    heap["cpu"] = draft.pick("none", "none", "none", "cached")
    if draft.chance(2):
        heap["firewall"] = draft.pick("static", "per-buffer")


def port_protected(draft: Draft) -> None:
    draft.port()["protected"] = draft.pick("required", "allowed", "refused", "unknown")


def declassifies(draft: Draft) -> None:
    draft.port()["declassifies"] = True


def alternatives(draft: Draft) -> None:
    buffer = draft.buffer()
    if not buffer["read_by"] or "port" not in buffer["read_by"][0]:
        return
    present = sorted(
        {f"{device['kind']}.{port}" for device in draft.devices.values() for port in device["ports"]}
    )
    readers = [
        each for each in present if tuple(each.split(".")) in READERS and each != buffer["read_by"][0]["port"]
    ]
    if readers:
        buffer["read_by"][0] = {"any_of": [buffer["read_by"][0], {"port": draft.pick(*readers)}]}
