"""Protected content may be asked to be seen by a closed set of devices only.

A static firewall opens the heap to all of `access`, so all of those must be in
the audience; a per-buffer firewall opens exactly the devices attached. An audience
follows the content: a buffer that the pipeline does not mark itself has those of
whatever flows into it, and who sees it must be in each of them. An entry with a
label admits the device that plays it among this buffer's own attachments.

Source: design §5, 34; FF-A memory attributes in linux-7.2.13:drivers/tee/optee/ffa_abi.c
optee_ffa_lend_protmem().
"""

from __future__ import annotations

from solver.constraint import Case
from solver.pipeline import Selector

NAME = "audience"
SCOPE = "heap"


def broken(case: Case) -> bool:
    return bool(case.question.guard.audiences) and bool(_strangers(case))


def _strangers(case: Case) -> list[str]:
    if case.heap.access is None:
        return []
    if case.heap.spec.firewall == "per-buffer":
        opened = {touch.device.name for touch in case.touches}
    else:
        opened = set(case.heap.access)
    audiences = case.question.guard.audiences
    return sorted(name for name in opened if not all(_member(case, name, each) for each in audiences))


def _member(case: Case, name: str, audience: tuple[Selector, ...]) -> bool:
    spec = case.board.devices[name].spec
    labels = {touch.use.selector.label for touch in case.touches if touch.device.name == name}
    return any(
        member.kind == spec.kind
        and (member.connector is None or member.connector in spec.connectors)
        and (member.label is None or member.label in labels)
        for member in audience
    )


def sentence(case: Case) -> str:
    who = ", ".join(_strangers(case))
    via = f" ({case.question.carried})" if case.question.carried else ""
    return f"{case.heap.name} opens to {who}, outside the audience of {case.label}{via}"


def source(case: Case) -> str:
    return case.heap.source
