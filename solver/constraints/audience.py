"""Protected content may be asked to be seen by a closed set of devices only.

A static firewall opens the heap to all of `access`, so all of those must be in
the audience; a per-buffer firewall opens exactly the devices attached.

Source: design §5, 34; FF-A memory attributes in linux-7.2.13:drivers/tee/optee/ffa_abi.c
optee_ffa_lend_protmem().
"""

from __future__ import annotations

from solver.constraint import Case

NAME = "audience"
SCOPE = "heap"


def broken(case: Case) -> bool:
    return bool(_strangers(case))


def _strangers(case: Case) -> list[str]:
    members = case.question.audience
    if members is None or case.heap.access is None:
        return []
    if case.heap.spec.firewall == "per-buffer":
        opened = {touch.device.name for touch in case.touches}
    else:
        opened = set(case.heap.access)
    return sorted(name for name in opened if not _member(case, name))


def _member(case: Case, name: str) -> bool:
    spec = case.board.devices[name].spec
    labels = {touch.use.selector.label for touch in case.touches if touch.device.name == name}
    return any(
        member.kind == spec.kind
        and (member.connector is None or member.connector in spec.connectors)
        and (member.label is None or member.label in labels)
        for member in case.question.audience or ()
    )


def sentence(case: Case) -> str:
    who = ", ".join(_strangers(case))
    return f"{case.heap.name} opens to {who}, outside the audience of {case.label}"


def source(case: Case) -> str:
    return case.heap.source
