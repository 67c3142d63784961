"""Memories of a profile: ordinary memory, and what is set aside from it."""

from __future__ import annotations

from typing import NamedTuple

from heapwright.platforms.importers.naming import name_for
from heapwright.platforms.importers.records import Area, Bank, Entry, Machine


class Memories(NamedTuple):
    """The section, and which memory is which."""

    section: dict[str, Entry]
    ordinary: tuple[str, ...]
    areas: dict[str, str]
    """Name of an area → name of its memory."""
    default_area: str | None
    huge: str | None


def memories(machine: Machine) -> Memories:
    """The memories of a machine."""
    section: dict[str, Entry] = {}
    for bank in machine.banks:
        section[name_for("dram", section)] = _bank(bank)
    if not section:
        section["dram"] = {
            "base": "unknown", "size": "unknown",
            "source": "probed: nothing that was read says how much memory there is",
        }  # fmt: skip
    ordinary = tuple(section)
    areas: dict[str, str] = {}
    for area in machine.areas:
        wanted = {"cma": "cma", "huge": "hugepages"}.get(area.kind, area.name)
        if area.kind == "cma" and not area.default:
            wanted = f"cma-{area.name}"
        name = name_for(wanted, section)
        areas[area.name] = name
        section[name] = _area(area, machine.banks, ordinary)
    default = next((areas[each.name] for each in machine.areas if each.default), None)
    huge = next((areas[each.name] for each in machine.areas if each.kind == "huge"), None)
    return Memories(section, ordinary, areas, default, huge)


def _bank(bank: Bank) -> Entry:
    entry: Entry = {"base": _address(bank.base), "size": bank.size}
    if bank.held:
        entry["held"] = bank.held
    return {**entry, "source": bank.source}


def _area(area: Area, banks: tuple[Bank, ...], ordinary: tuple[str, ...]) -> Entry:
    entry: Entry = {}
    around = _around(area, banks, ordinary)
    if around is not None:
        entry["inside"] = around
        if area.base is not None:
            entry["base"] = _address(area.base)
    else:
        entry["base"] = _address(area.base)
    entry["size"] = "unknown" if area.size is None else area.size
    if area.held:
        entry["held"] = area.held
    return {**entry, "source": area.source}


def _around(area: Area, banks: tuple[Bank, ...], ordinary: tuple[str, ...]) -> str | None:
    """The ordinary memory an area lies in; the only one where addresses are not told."""
    if len(ordinary) == 1 and (area.base is None or not banks or banks[0].base is None):
        return ordinary[0]
    for name, bank in zip(ordinary, banks, strict=False):
        if bank.base is None or area.base is None or area.size is None:
            continue
        if bank.base <= area.base and area.base + area.size <= bank.base + bank.size:
            return name
    return None


def _address(base: int | None) -> str:
    return "unknown" if base is None else hex(base)
