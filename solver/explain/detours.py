"""Ways out by conversion: let a buffer be converted, or have a device that can."""

from collections.abc import Iterator
from itertools import count, islice, product
from typing import Any, Final

from heapwright.platforms.schema import ConversionEdge, Device, Platform, Port
from heapwright.solver.constraints.graph import conversion
from heapwright.solver.explain.changes import ProposedChange, Ways
from heapwright.solver.question.resolve import Question
from heapwright.solver.question.terms import ASPECTS

TRIED: Final = 12
"""Edges that are tried for one buffer."""
_NAME: Final = "converter"
_ASKED: Final = "asked for"


def allowed(ways: Ways) -> Iterator[ProposedChange]:
    """Let a buffer be converted: `buffers.frame.conversions`."""
    for question in [
        ways.labels[label] for label in ways.subjects(conversion.KIND.name) if label in ways.labels
    ]:
        policies = (each for each in ("lossless", "allow") if each != question.conversions)
        for policy in ways.first(policies, question, "conversions"):
            path = ways.path(question, "conversions")
            what = "lossless conversions" if policy == "lossless" else "conversions"
            text = f"allow {what} of {question.label} ({path}, now {question.conversions})"
            yield ProposedChange(path, policy, text)


def edges(ways: Ways) -> Iterator[ProposedChange]:
    """Have a device convert between two of its ports: `devices.rga.converts`; or have such a device."""
    for question in ways.buffers():
        if question.conversions == "forbid" or not question.spec.read_by or ways.helpless(question):
            continue
        written, read = _formats(ways, question, "write"), _formats(ways, question, "read")
        change = next(filter(None, islice(_tried(ways, question, written, read), TRIED)), None)
        raw = question.spec.size is None
        if change is not None:
            yield change
        elif raw or (written and read and not written & read):
            yield from _added(ways, question, written, read)


def _tried(
    ways: Ways, question: Question, written: frozenset[str], read: frozenset[str]
) -> Iterator[ProposedChange | None]:
    """Every further edge of a device that might help; None for each that does not."""
    for name, device in sorted(ways.platform.devices.items()):
        for from_, to in _pairs(device, written, read):
            known = (*device.converts, _edge(from_, to))
            helps = ways.solvable(ways.with_part("devices", name, converts=known))
            path = f"devices.{name}.converts"
            text = f"have {name} convert {question.label} ({path}: {from_} to {to})"
            stated = [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in known]
            yield ProposedChange(path, stated, text) if helps else None


def _added(
    ways: Ways, question: Question, written: frozenset[str], read: frozenset[str]
) -> Iterator[ProposedChange]:
    """A device that takes what is written and makes what is read, if that helps."""
    added, name = _converter(written, read), _free_name(ways.platform)
    if ways.solvable(ways.with_entry("devices", name, added)):
        what = f"converts {question.label} from {'/'.join(sorted(written))} to {'/'.join(sorted(read))}"
        if written == read:
            what = f"copies {question.label}"
        said = f"have a device that {what}; {ways.platform.name} has none"
        if _covered(ways, written, read):
            said = f"have another device that {what}"
        whole = added.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        yield ProposedChange(f"devices.{name}", whole, f"{said} (devices.{name}: source to target)")


def _covered(ways: Ways, written: frozenset[str], read: frozenset[str]) -> bool:
    """Whether some device already makes what is read of what is written."""
    return any(
        _known(device.ports[edge.from_]) & written and _known(device.ports[edge.to]) & read
        for device in ways.platform.devices.values()
        for edge in device.converts
    )


def _known(port: Port) -> set[str]:
    """The formats that a port knows."""
    return {fourcc for rule in port.images for fourcc in rule.formats}


def _formats(ways: Ways, question: Question, access: str) -> frozenset[str]:
    """What those who write (or read) a buffer may share; all of it where nothing."""
    asked = set(question.spec.formats or ())
    shares: list[set[str]] = []
    for user in question.attachment_sets[0].users:
        if user.use.access != access:
            continue
        mine = {
            fourcc
            for name in ways.problem.variables[user.variable].candidates
            if user.use.fits(ways.problem.board.devices[name].spec)
            for fourcc in _known(ways.platform.devices[name].ports[user.use.selector.port or ""])
        }
        shares.append(mine & asked if asked and access == "write" else mine)
    common = set.intersection(*shares) if shares else set()
    return frozenset(common or set().union(*shares))


def _pairs(device: Device, written: frozenset[str], read: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Ports of a device between which an edge could help, if there is none yet."""
    known = {(edge.from_, edge.to) for edge in device.converts if set(ASPECTS) <= set(edge.may_change)}
    for (from_, source), (to, target) in product(sorted(device.ports.items()), repeat=2):
        raw = not written and not source.images and not target.images
        helps = raw or (_known(source) & written and _known(target) & read)
        if (source.access, target.access) == ("read", "write") and (from_, to) not in known and helps:
            yield from_, to


def _edge(from_: str, to: str) -> ConversionEdge:
    return ConversionEdge.model_validate({"from": from_, "to": to, "may_change": ASPECTS})


def _free_name(platform: Platform) -> str:
    """What a further device may be called."""
    names = (_NAME if number == 1 else f"{_NAME}{number}" for number in count(1))
    return next(name for name in names if name not in platform.devices)


def _converter(written: frozenset[str], read: frozenset[str]) -> Device:
    """A device that takes what is written, and makes what is read; no images are raw data."""

    def port(access: str, formats: frozenset[str]) -> dict[str, Any]:
        images = [{"formats": sorted(formats)}] if formats else []
        return {"access": access, "protected": "allowed", "images": images, "source": _ASKED}

    return Device.model_validate(
        {
            "kind": "2d",
            "dma": {"bits": 64, "mmu": True},
            "source": _ASKED,
            "ports": {"source": port("read", written), "target": port("write", read)},
            "converts": [_edge("source", "target")],
        }
    )
