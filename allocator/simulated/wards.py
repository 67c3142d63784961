"""Who may see protected content: the firewall as hardware enforces it, and who is let in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from allocator.hardware import DeviceFacts, HeapFacts
from allocator.simulated.faults import Fault, Objection, seen
from allocator.simulated.question import Asked, Role
from allocator.simulated.room import Touch
from solver.pipeline import Selector

Binding = Mapping[Role, str]
"""Which device plays each role."""


def _in_audience(device: DeviceFacts, audience: Sequence[Selector], file: int, binding: Binding) -> bool:
    for selector in audience:
        if selector.kind != device.facts.kind:
            continue
        if selector.label is None and selector.connector is None:
            return True
        if binding.get(Role(file, selector.kind, selector.label, selector.connector)) == device.name:
            return True
    return False


def heap_objections(asked: Asked, heap: HeapFacts) -> Iterator[Objection]:
    if not asked.protected:
        if heap.access is not None:
            yield seen(
                "protected-only", f"{heap.name} lies behind a firewall and holds protected buffers only"
            )
    elif heap.access is None:
        yield seen("protected-needs-firewall", f"{heap.name} has no firewall")
    elif heap.mappable:
        yield seen("protected-needs-firewall", f"the CPU can map buffers of {heap.name}")


def port_objections(asked: Asked, touch: Touch) -> Iterator[Objection]:
    stated = touch.port.protected
    if asked.protected and stated not in ("allowed", "required"):
        yield seen("protected-port", f"{touch.port_name} takes no protected buffers")
    if not asked.protected and stated == "required":
        yield seen("protected-port", f"{touch.port_name} faults on unprotected memory")


def audience_faults(
    asked: Asked,
    heap: HeapFacts,
    devices: Mapping[str, DeviceFacts],
    touches: Sequence[Touch],
    binding: Binding,
) -> Iterator[Fault]:
    """Everybody whom the firewall lets in must belong to the audience."""
    audience = asked.audience
    if audience is None or heap.access is None:
        return
    opened = {touch.device.name for touch in touches} if heap.facts.firewall == "per-buffer" else heap.access
    for name in sorted(opened):
        if not _in_audience(devices[name], audience, asked.file, binding):
            yield seen("audience", f"the firewall of {heap.name} lets {name} in").against(asked.name, name)
