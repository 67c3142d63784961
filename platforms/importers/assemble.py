"""A machine's records become a profile: data that `platforms check` accepts."""

from __future__ import annotations

from typing import Any

from heapwright.platforms.importers import displays, exporting, memories, videos
from heapwright.platforms.importers.devices import Found
from heapwright.platforms.importers.records import Entry, Machine
from heapwright.platforms.kernels import version_of
from heapwright.platforms.knowledge.drivers import cpu_facts
from heapwright.platforms.schema import SCHEMA
from heapwright.platforms.values import UNKNOWN


def profile(machine: Machine, name: str) -> dict[str, Any]:
    """The profile of a machine, in the order in which profiles are written."""
    found = _devices(machine)
    places = memories.memories(machine)
    for each in found:
        if each.local is not None:
            places.section[f"{each.name}-vram"] = each.local
    exports = tuple(each.exports for each in found if each.exports is not None)
    heaps = exporting.heaps(machine, places, exports)
    wrong = exporting.unmapped_by_kernel(machine, heaps)
    for each in found:
        if each.kernel_mapping and wrong and each.entry.get("imports", "any") == "any":
            each.entry["imports"] = [heap for heap in heaps if heap not in wrong]
    return {
        "schema": SCHEMA,
        "name": name,
        "title": machine.title[:256],
        "kernel": version_of(machine.kernel or "") or UNKNOWN,
        "page": machine.page,
        "memory": places.section,
        **(
            {"iommus": {each.name: {"source": each.source} for each in machine.groups}}
            if machine.groups
            else {}
        ),
        "heaps": heaps,
        **({"resources": resources} if (resources := _resources(found)) else {}),
        "devices": {each.name: each.entry for each in found},
    }


def notes(machine: Machine) -> tuple[str, ...]:
    """What could not be read, and what could not be said in a profile."""
    cards = tuple(sentence for card in machine.cards if (sentence := displays.left_out(card)))
    unsaid = tuple(sentence for video in machine.videos for sentence in videos.left_out(video))
    unrecognised = tuple(each.note for each in _devices(machine) if each.note)
    return (*machine.notes, *cards, *unsaid, *unrecognised)


def _resources(found: list[Found]) -> dict[str, int]:
    return {name: number for each in found for name, number in each.resources.items()}


def _devices(machine: Machine) -> list[Found]:
    found: list[Found] = []
    taken: dict[str, Entry] = {}
    kernel = version_of(machine.kernel or "")
    machine = machine._replace(kernel=kernel)
    if machine.has_cpu:
        found.append(Found("cpu0", _cpu(), None, False))
        taken["cpu0"] = found[0].entry
    for card in machine.cards:
        found.append(displays.device(card, kernel, taken, {"blob": card.blob}, machine.tree))
        taken[found[-1].name] = found[-1].entry
    for video in machine.videos:
        each = videos.device(video, kernel, taken, machine.tree)
        if each is not None:
            found.append(each)
            taken[each.name] = each.entry
    return found


def _cpu() -> Entry:
    rules = _cited(cpu_facts())
    return {
        "kind": "cpu", "dma": {"bits": 64, "mmu": True}, "coherent": True,
        "converts": rules["converts"], "ports": rules["ports"], "source": rules["source"],
    }  # fmt: skip


def _cited(facts: Any) -> Any:
    """The same, with where each fact is from said to be what is known of drivers."""
    if isinstance(facts, dict):
        return {
            name: f"driver-knowledge: {fact}" if name == "source" else _cited(fact)
            for name, fact in facts.items()
        }
    return [_cited(fact) for fact in facts] if isinstance(facts, list | tuple) else facts
