"""Nogoods: what a kernel refused is a fact that the profile has wrong, corrected for this run.

A port that refused a heap's buffer takes nothing of that heap any more
(`takes_from`), a heap without room makes nothing as large (`largest`), a heap
that cannot be opened is no heap of this machine. The corrected profile is solved
again, so that reasons and conflicts name the correction as they name any fact.
"""

from __future__ import annotations

import errno as errnos
from typing import Any, Literal, NamedTuple

from heapwright.allocator.backend import AllocationFailed, KernelRefused
from heapwright.allocator.linux.control import Absent, Full, NotPermitted
from heapwright.allocator.linux.importers.ports import NotImported
from heapwright.platforms.schema import Heap, Platform, Port
from heapwright.platforms.values import in_units

KIND = Literal["not-imported", "full", "absent", "not-permitted"]
MOST = 4
"""How often a plan may be solved again."""


class Nogood(NamedTuple):
    """A combination that the profile allows and the kernel refused, in the words of both."""

    kind: KIND
    buffer: str
    heap: str
    device: str
    port: str
    size: int
    errno: int
    kernel: str
    profile: str

    def __str__(self) -> str:
        name = errnos.errorcode.get(self.errno, self.errno)
        return f"profile and kernel disagree: {self.profile}; the kernel says {name}: {self.kernel}"

    def data(self) -> dict[str, Any]:
        """As JSON."""
        return self._asdict() | {"errno": errnos.errorcode.get(self.errno, self.errno)}


def nogood(platform: Platform, failed: AllocationFailed) -> Nogood | None:
    """The nogood that a failure shows; None where nothing of the profile could be corrected."""
    refused, placement = failed.__cause__, failed.placement
    if not isinstance(refused, KernelRefused) or placement is None:
        return None
    kind = _kind(refused, failed.device)
    if kind is None:
        return None
    size = max(placement.sizes, default=0)
    heap = placement.heap
    if kind == "not-imported":
        says = f"{failed.device}.{failed.port} takes {in_units(size)} of {heap}"
        says += f" ({platform.devices[failed.device].ports[failed.port].source})"
    else:
        says = f"{heap} gives {placement.count} × {in_units(size)} for {placement.buffer}"
        says += f" ({platform.heaps[heap].source})"
    return Nogood(
        kind, placement.buffer, heap, failed.device, failed.port, size, refused.errno, refused.text, says
    )


def _kind(refused: KernelRefused, device: str) -> KIND | None:
    if device:
        return "not-imported" if isinstance(refused, NotImported) else None
    if isinstance(refused, Absent):
        return "absent"
    if isinstance(refused, NotPermitted):
        return "not-permitted"
    return "full" if isinstance(refused, Full) else None


def corrected(platform: Platform, refused: Nogood) -> Platform:
    """The profile with that fact corrected."""
    if refused.kind == "not-imported":
        return _with_port(platform, refused)
    if refused.kind == "full":
        found = platform.heaps[refused.heap]
        source = f"{_source(refused)}; {found.source}"
        # A dma-buf is a page at least, so "not even one page" is the least that can be said.
        smaller = found.model_copy(update={"largest": max(1, refused.size - 1), "source": source})
        return platform.model_copy(update={"heaps": {**platform.heaps, refused.heap: smaller}})
    return _without(platform, refused.heap)


def _with_port(platform: Platform, refused: Nogood) -> Platform:
    device = platform.devices[refused.device]
    port = device.ports[refused.port]
    before = port.takes_from if isinstance(port.takes_from, tuple) else tuple(platform.heaps)
    taken = tuple(name for name in before if name != refused.heap)
    source = f"{_source(refused)}; {port.source}"
    ports: dict[str, Port] = {
        **device.ports,
        refused.port: port.model_copy(update={"takes_from": taken, "source": source}),
    }
    changed = device.model_copy(update={"ports": ports})
    return platform.model_copy(update={"devices": {**platform.devices, refused.device: changed}})


def _source(refused: Nogood) -> str:
    return f"learnt: the kernel said {errnos.errorcode.get(refused.errno, refused.errno)}: {refused.kernel}"


def _without(platform: Platform, heap: str) -> Platform:
    heaps: dict[str, Heap] = {name: found for name, found in platform.heaps.items() if name != heap}
    devices = {}
    for name, device in platform.devices.items():
        ports = {}
        for key, port in device.ports.items():
            if isinstance(port.takes_from, tuple):
                port = port.model_copy(
                    update={"takes_from": tuple(each for each in port.takes_from if each != heap)}
                )
            ports[key] = port
        changes: dict[str, Any] = {"ports": ports}
        if isinstance(device.imports, tuple):
            changes["imports"] = tuple(each for each in device.imports if each != heap)
        devices[name] = device.model_copy(update=changes)
    return platform.model_copy(update={"heaps": heaps, "devices": devices})
