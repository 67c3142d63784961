"""Protected content may be asked to be seen by a closed set of devices only.

A static firewall opens the heap to all of `access`, so all of those must be in
the audience; a per-buffer firewall opens exactly the devices attached. An audience
follows the content: who sees a buffer must be in those of all that flows into it, and
in its own if it states one. One of its own that names somebody else says that content
gets out, so it is refused where that content comes in (`buffer→device`), whoever attaches.
An entry with a label admits the device that plays it among this buffer's own attachments.

Source: design §5, 34; FF-A memory attributes in linux-7.2.13:drivers/tee/optee/ffa_abi.c
optee_ffa_lend_protmem().

Example:
    heaps.system: {cpu: none, access: [camera, panel, gpu0]}
    devices.camera.ports.capture.protected: allowed
    devices.panel.ports.scanout.protected: allowed
    devices.gpu0: {kind: gpu, ports: {sample: {}}}
    buffers.frame.protected.audience: {violates: [camera, display], passes: [camera, display, gpu]}
"""

from __future__ import annotations

from collections.abc import Sequence

from heapwright.solver.constraints.kind import Case
from heapwright.solver.question.pipeline import Selector

NAME = "audience"
SCOPE = "heap"


def broken(case: Case) -> bool:
    return bool(case.question.domain.audiences) and bool(_outsiders(case))


def widened(case: Case) -> bool:
    """Whether the pipeline states the buffer for somebody who may not see what is brought in here."""
    assert case.attachment is not None
    return bool(case.question.domain.wider) and case.question.widens(case.attachment.use)


def _outsiders(case: Case, audiences: frozenset[tuple[Selector, ...]] | None = None) -> list[str]:
    """Whom the firewall lets in who is not in every audience."""
    if case.heap.access is None:
        return []
    if case.heap.spec.firewall == "per-buffer":
        opened = {attachment.device.name for attachment in case.attachments}
    else:
        opened = set(case.heap.access)
    if audiences is None:
        audiences = case.question.domain.audiences
    return sorted(name for name in opened if not all(_member(case, name, each) for each in audiences))


def _member(case: Case, name: str, audience: tuple[Selector, ...]) -> bool:
    spec = case.board.devices[name].spec
    labels = {
        attachment.use.selector.label for attachment in case.attachments if attachment.device.name == name
    }
    return any(
        member.kind == spec.kind
        and (member.connector is None or member.connector in spec.connectors)
        and (member.label is None or member.label in labels)
        for member in audience
    )


def sentence(case: Case) -> str:
    who = ", ".join(_outsiders(case))
    uninvited = _outsiders(case, case.question.stated.audiences)
    via = f" ({case.question.carried})" if case.question.carried and not uninvited else ""
    return f"{case.heap.name} opens to {who}, outside the audience of {case.label}{via}"


def source(case: Case) -> str:
    return case.heap.source


def stated_sentence(label: str, named: Sequence[str], stage: str, sources: Sequence[tuple[str, str]]) -> str:
    """`canvas is stated for npu, and gpu carries film into it, which is for video-decoder, gpu only`."""
    what = " and ".join(name for name, _ in sources)
    whom = "; ".join(members for _, members in sources)
    return f"{label} is stated for {', '.join(named)}, and {stage} carries {what} into it, which is for {whom} only"
