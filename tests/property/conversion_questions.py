"""Small random questions in which conversions and protection decide.

Everybody is as easy as in `drafts`, but ports disagree about formats,
modifiers or heaps, a few edges may or may not bridge that, and half of the
questions are about protected content in one of several domains.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Final

from heapwright.platforms.schema import Platform
from heapwright.solver.question.pipeline import Pipeline
from tests.property import drawn_facts, drawn_layout_facts
from tests.property.drafts import FORMATS, READERS, SOURCE, WRITERS, Draft, Json
from tests.property.protection_marks import marked, walled
from tests.property.strategies import DrawnFact, Instance

_CHANGES: Final = ("format", "modifier", "memory", "stride")
_MADE: Final = (
    ("2d", ("source", "target")),
    ("2d", ("source", "target")),
    ("cpu", ("read", "write")),
)
"""The blocks that are made to convert."""
_DRAWN_FACTS: Final[tuple[DrawnFact, ...]] = (
    drawn_facts.bits,
    drawn_facts.iommu,
    drawn_facts.own_aperture,
    drawn_facts.linear,
    drawn_facts.local_memory,
    drawn_facts.port_memory,
    drawn_facts.imports,
    drawn_facts.takes_from,
    drawn_facts.unmapped,
    drawn_facts.prefers,
    drawn_facts.once,
    drawn_facts.small_memory,
    drawn_facts.small_memory,
    drawn_facts.bandwidth,
    drawn_facts.heap_limits,
    drawn_facts.incoherent,
    drawn_facts.count,
    drawn_facts.holds,
    drawn_facts.resource,
    drawn_facts.how_many,
    drawn_facts.declassifies,
    drawn_facts.port_protected,
    drawn_facts.alternatives,
    drawn_facts.stage,
    drawn_facts.label,
    drawn_layout_facts.stride_multiple,
    drawn_layout_facts.stride_set,
    drawn_layout_facts.coded,
    drawn_layout_facts.rows,
    drawn_layout_facts.tail,
    drawn_layout_facts.dmabufs,
    drawn_layout_facts.tiled,
    drawn_layout_facts.colours,
    drawn_layout_facts.port_bytes,
    drawn_layout_facts.when,
    drawn_layout_facts.rotate,
)


def disagree(draft: Draft) -> None:
    """Those who write and those who read cannot all use one buffer: other formats, other heaps."""
    if len(draft.palette) < 2:
        draft.palette.append(draft.pick(*(form for form in FORMATS if form not in draft.palette)))
    _poor_first(draft)
    apart = draft.pick(*["format"] * 4, *["memory"] * 5, "both", "neither")
    if len(draft.heaps) < 2:
        draft.heaps["h1"] = {**draft.heaps["h0"], "names": ["heap1"], "run": "whole"}
    heaps = sorted(draft.heaps)
    for device in draft.devices.values():
        for port in device["ports"].values():
            mine = draft.palette[0] if port["access"] == "write" else draft.palette[-1]
            if apart in ("format", "both"):
                forms = draft.pick(*[[mine]] * 6, draft.palette)
                port["images"] = [{**rule, "formats": list(forms)} for rule in port["images"]]
            if apart in ("memory", "both"):
                heap = heaps[0] if port["access"] == "write" else heaps[-1]
                port["takes_from"] = draft.pick(*[[heap]] * 6, heaps)


def converters(draft: Draft) -> None:
    """At most two edges, on a block made for it, on a device that the file uses, or on the CPU."""
    for number in range(draft.pick(0, *[1] * 10, *[2] * 4)):
        if not draft.chance(6):
            kind, ends = draft.pick(*_MADE)
            device = {
                "kind": kind,
                "dma": draft.pick({"bits": 64, "mmu": True}, {"bits": 64, "mmu": True}, draft._dma()),
                "coherent": True,
                "source": SOURCE,
                "ports": {},
            }
            draft.devices[f"x{number}"] = device
            for name, access in zip(ends, ("read", "write"), strict=True):
                device["ports"][name] = {
                    "access": access,
                    "images": [{"formats": list(draft.palette)}],
                    "source": SOURCE,
                }
            _edge(draft, device, *ends)
            continue
        device = draft.device()
        sources = [name for name, port in device["ports"].items() if port["access"] == "read"]
        targets = [name for name, port in device["ports"].items() if port["access"] == "write"]
        if sources and targets:
            _edge(draft, device, draft.pick(*sources), draft.pick(*targets))


def stairs(draft: Draft) -> None:
    """Two edges that reach their end only one after the other, by way of a third format."""
    while len(draft.palette) < 3:
        draft.palette.append(draft.pick(*(form for form in FORMATS if form not in draft.palette)))
    _poor_first(draft)
    for device in draft.devices.values():
        for port in device["ports"].values():
            here = 0 if port["access"] == "write" else 2
            port["images"] = [{**rule, "formats": [draft.palette[here]]} for rule in port["images"]]
    for number in range(2):
        kind, ends = draft.pick(*_MADE)
        device = {"kind": kind, "dma": {"bits": 64, "mmu": True}, "source": SOURCE, "ports": {}}
        for step, (name, access) in enumerate(zip(ends, ("read", "write"), strict=True)):
            form = draft.palette[number + step]
            device["ports"][name] = {"access": access, "images": [{"formats": [form]}], "source": SOURCE}
        draft.devices[f"x{number}"] = device
        _edge(draft, device, *ends)


def _edge(draft: Draft, device: Json, source: str, target: str) -> None:
    changes = draft.random.sample(_CHANGES, draft.pick(1, 2, 3, *[4] * 7))
    if not draft.chance(8):
        changes = sorted({*changes, "stride"})
    edge: Json = {"from": source, "to": target, "may_change": changes}
    if not draft.chance(4):
        edge["lossless"] = draft.pick(True, True, False, "unknown")
    if draft.chance(6):
        edge["throughput"] = draft.pick(100, 2000, 5000, 20000)
    if draft.chance(3):
        edge["source"] = "an edge"
    device.setdefault("converts", []).append(edge)


def card(draft: Draft) -> None:
    """A converter, and perhaps others, on a card with memory of its own, some of whose copies lose nothing."""
    able = sorted(name for name, device in draft.devices.items() if device.get("converts"))
    if not able:
        return
    members = [draft.pick(*able), *draft.some(draft.devices)]
    draft.links["slot"] = {"type": "pcie", "source": SOURCE}
    if draft.chance(2):
        draft.links["slot"]["bandwidth"] = draft.pick(1000, 20000, 10**6)
    for name in members:
        draft.devices[name]["link"] = "slot"
    memory = draft.memory[
        draft.pick(*(name for name, each in draft.memory.items() if not each.get("inside")))
    ]
    memory["local"] = sorted({*members}) if draft.chance(2) else members[0]
    memory["reached_by"] = draft.some(draft.devices)
    for device in draft.devices.values():
        device["dma"]["p2p"] = draft.pick("none", "static", "static", "dynamic")
    for edge in draft.devices[members[0]]["converts"]:
        if draft.chance(2):
            edge["lossless"] = True


def domains(draft: Draft) -> None:
    """Protected content, and heaps behind firewalls that let different devices in."""
    _no_cpu_converters(draft)
    names = sorted(draft.devices)
    kinds = sorted({device["kind"] for device in draft.devices.values()})
    for name, heap in list(draft.heaps.items()):
        if draft.chance(12):
            continue
        out = draft.pick(*[0] * 12, 1, 2)
        heap["access"] = sorted(draft.random.sample(names, max(1, len(names) - out)))
        heap["cpu"] = draft.pick(*["none"] * 12, "cached", "unknown")
        if draft.chance(2):
            heap["firewall"] = draft.pick("static", "per-buffer", "per-buffer")
        walled(draft, name)
    for device in draft.devices.values():
        for port in device["ports"].values():
            port["protected"] = "allowed"
            if draft.chance(25):
                port["protected"] = draft.pick("required", "refused", "unknown")
    others = [kind for kind in kinds if kind != "cpu"]
    for buffer in (each for file in draft.files for each in file.values()):
        for ways, key in ((WRITERS, "written_by"), (READERS, "read_by")):
            able = [f"{kind}.{port}" for kind, port in ways if kind in others]
            for use in buffer[key]:
                # The CPU is kept out of all that is protected.
                if use["port"].startswith("cpu") and able and not draft.chance(6):
                    use["port"] = draft.pick(*able)
    marked(draft, plain=6)


def _no_cpu_converters(draft: Draft) -> None:
    """The CPU converts nothing that is protected; a block takes its place, but for a few."""
    ends = {"read": "source", "write": "target"}
    for name, device in draft.devices.items():
        if name.startswith("x") and device["kind"] == "cpu" and not draft.chance(6):
            device["kind"] = "2d"
            device["ports"] = {ends[port]: facts for port, facts in device["ports"].items()}
            for edge in device.get("converts", ()):
                edge.update({"from": ends[edge["from"]], "to": ends[edge["to"]]})


def flow(draft: Draft) -> None:
    """A stage that reads one buffer of a file and writes the next."""
    for file in draft.files:
        buffers = list(file.values())
        for before, after in pairwise(buffers):
            for device in draft.devices.values():
                ways = [(device["kind"], port) for port in device["ports"]]
                reads = [way for way in ways if way in READERS]
                writes = [way for way in ways if way in WRITERS]
                if reads and writes:
                    before["read_by"] = [*before["read_by"][:1], {"port": ".".join(reads[0])}]
                    after["written_by"] = [{"port": ".".join(writes[0])}]


def raw_copies(draft: Draft) -> None:
    """Data that is no image, and converters that take nothing else."""
    buffer = draft.buffer()
    buffer["bytes"] = draft.pick(32, 64, 200)
    for device in draft.devices.values():
        if device.get("converts") and not draft.chance(4):
            for port in device["ports"].values():
                port["images"] = []


def question(seed: int) -> Instance:
    """The question of that seed."""
    random = Random(f"converting/{seed}")
    draft = Draft(random)
    applied: list[DrawnFact] = [_smaller, *random.choice(((disagree, converters),) * 7 + ((stairs,),))]
    guarded = draft.chance(2)
    applied += [domains] if guarded else []
    applied += [flow] if draft.chance(4) else []
    applied += [raw_copies] if draft.chance(12) else []
    applied += random.sample(
        _DRAWN_FACTS, random.choice((0, 0, 0, 1, 1, 2) if guarded else (0, 0, 1, 1, 2, 3))
    )
    applied += [card] if draft.chance(10) else []
    for fact in applied:
        fact(draft)
    data = draft.data()
    _few_trees(draft, data)
    for file in data["pipelines"]:
        file["conversions"] = draft.pick(*["allow"] * 9, "lossless", "lossless", "forbid")
        for buffer in file["buffers"].values():
            if draft.chance(8) and "conversions" not in buffer:
                buffer["conversions"] = draft.pick("allow", "lossless", "forbid")
    platform = Platform.model_validate(data["platform"])
    pipelines = tuple(Pipeline.model_validate(each) for each in data["pipelines"])
    return Instance(platform, pipelines, tuple(fact.__name__ for fact in applied), data)


def _few_trees(draft: Draft, data: Json) -> None:
    """Few edges, buffers and readers together, or there would be too many trees to try.

    Where strides must be kept every stride is tried: one reader then.
    """
    edges = [edge for device in draft.devices.values() for edge in device.get("converts", ())]
    readers, most = 0, 3 if len(edges) < 2 else 2
    for buffer in (buffer for file in data["pipelines"] for buffer in file["buffers"].values()):
        if readers + len(buffer["read_by"]) > most:
            buffer["conversions"] = "forbid"
        else:
            readers += len(buffer["read_by"])
    if readers > 1:
        for edge in edges:
            edge["may_change"] = sorted({*edge["may_change"], "stride"})


def _somebody(draft: Draft) -> list[Json]:
    present = {(device["kind"], port) for device in draft.devices.values() for port in device["ports"]}
    readers = [way for way in READERS if way in present]
    return [draft._use(*draft.pick(*readers))] if readers else []


def _smaller(draft: Draft) -> None:
    """Two buffers at most, with few readers: the trees of more are too many to try."""
    kept = draft.pick(1, 2)
    for file in draft.files:
        for name in list(file):
            kept -= 1
            if kept < 0:
                del file[name]
                continue
            buffer = file[name]
            buffer["read_by"] = buffer["read_by"][: draft.pick(1, 2, 2, 2, 3)] or _somebody(draft)
            if draft.palette[0] not in buffer.get("formats", []) and not draft.chance(6):
                buffer.pop("formats", None)
            if not draft.chance(3):
                buffer.pop("count", None)
    draft.files = [file for file in draft.files if file]
    while len(draft.heaps) > 3:
        draft.heaps.popitem()


def _poor_first(draft: Draft) -> None:
    """Writers mostly have the poorer format: the other way the picture would be lost."""
    if not draft.chance(6):
        draft.palette.sort(key=lambda form: ("R8", "RG16").index(form) if form in ("R8", "RG16") else 2)
