"""Ways out by conversion: let a buffer be converted, or have a device that can."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from platforms.schema import Conversion, Device, ImageRule, Platform, Port
from solver.changes import Change, Ways
from solver.constraints import conversion, missing_device
from solver.edges import ASPECTS
from solver.problem import Question

TRIED: Final = 12
"""Edges that are tried for one buffer."""
_NAME: Final = "converter"


def allowed(ways: Ways) -> Iterator[Change]:
    """Let a buffer be converted: `buffers.frame.conversions`."""
    for label in ways.subjects(conversion.NAME):
        question = ways.labels.get(label)
        if question is None:
            continue
        for policy in ("lossless", "allow"):
            if policy == question.conversions:
                continue
            if ways.solvable(pipelines=ways.with_buffer(question, conversions=policy)):
                path = ways.path(question, "conversions")
                what = "lossless conversions" if policy == "lossless" else "conversions"
                text = f"allow {what} of {label} ({path}, now {question.conversions})"
                yield Change(path, policy, text)
                break


def edges(ways: Ways) -> Iterator[Change]:
    """Have a device convert between two of its ports: `devices.rga.converts`; or have such a device."""
    for question in ways.buffers():
        if question.conversions == "forbid" or question.spec.size is None or not question.spec.read_by:
            continue
        if ways.helpless(question):
            continue
        written, read = _formats(ways, question, "write"), _formats(ways, question, "read")
        found = False
        tried = 0
        for name, device in sorted(ways.platform.devices.items()):
            for from_, to in _pairs(device, written, read):
                tried += 1
                if tried > TRIED or found:
                    break
                edge = _edge(from_, to)
                if ways.solvable(ways.with_part("devices", name, converts=(*device.converts, edge))):
                    found = True
                    yield _change(ways, name, edge, f"have {name} convert {question.label}")
        if found or not written or not read or written & read:
            continue
        if ways.solvable(_with_converter(ways.platform, written, read)):
            what = f"{'/'.join(sorted(written))} to {'/'.join(sorted(read))}"
            said = f"have a device that converts {question.label} from {what}; {ways.platform.name} has none"
            yield _change(ways, _NAME, _edge("source", "target"), said)


def _change(ways: Ways, name: str, edge: Conversion, said: str) -> Change:
    path = f"devices.{name}.converts"
    device = ways.platform.devices.get(name)
    known = device.converts if device is not None else ()
    to = [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in (*known, edge)]
    return Change(path, to, f"{said} ({path}: {edge.from_} to {edge.to})")


def _formats(ways: Ways, question: Question, access: str) -> frozenset[str]:
    """What those who write (or read) a buffer may share; all of it where nothing."""
    asked = set(question.spec.formats or ())
    shares: list[set[str]] = []
    for party in question.ways[0].parties:
        if party.use.access != access:
            continue
        mine: set[str] = set()
        for name in ways.problem.variables[party.variable].candidates:
            if missing_device.fits(ways.problem.board, name, party.use):
                port = ways.platform.devices[name].ports[party.use.selector.port or ""]
                mine |= {fourcc for rule in port.images for fourcc in rule.formats}
        shares.append(mine & asked if asked and access == "write" else mine)
    common = set.intersection(*shares) if shares else set()
    return frozenset(common or set().union(*shares))


def _pairs(device: Device, written: frozenset[str], read: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Ports of a device between which an edge could help, if there is none yet."""
    known = {(edge.from_, edge.to) for edge in device.converts if set(ASPECTS) <= set(edge.may_change)}
    for from_, source in sorted(device.ports.items()):
        for to, target in sorted(device.ports.items()):
            if (source.access, target.access) != ("read", "write") or (from_, to) in known:
                continue
            takes = {fourcc for rule in source.images for fourcc in rule.formats}
            makes = {fourcc for rule in target.images for fourcc in rule.formats}
            if takes & written and makes & read:
                yield from_, to


def _edge(from_: str, to: str) -> Conversion:
    return Conversion.model_validate({"from": from_, "to": to, "may_change": ASPECTS})


def _with_converter(platform: Platform, written: frozenset[str], read: frozenset[str]) -> Platform:
    """The board with a device that takes what is written, and makes what is read."""
    facts: dict[str, Any] = {"kind": "2d", "dma": {"bits": 64, "mmu": True}, "source": "asked for"}
    device = Device.model_validate(facts)
    ports = {
        "source": _port("read", written),
        "target": _port("write", read),
    }
    added = device.model_copy(update={"ports": ports, "converts": (_edge("source", "target"),)})
    return platform.model_copy(update={"devices": {**platform.devices, _NAME: added}})


def _port(access: Any, formats: frozenset[str]) -> Port:
    rule = ImageRule(formats=tuple(sorted(formats)))
    return Port(access=access, images=(rule,), protected="allowed", source="asked for")
