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

from collections.abc import Sequence

from heapwright.solver.board.board import Board
from heapwright.solver.constraints.cases import BoundAttachment, Case
from heapwright.solver.constraints.kind import ConstraintKind, of_heap
from heapwright.solver.question.pipeline import Selector
from heapwright.solver.question.resolve import Question

Audiences = frozenset[tuple[Selector, ...]]
MayAccess = frozenset[str] | None


def _opens_to_others(
    board: Board,
    audiences: Audiences,
    access: MayAccess,
    firewall: str | None,
    devices: tuple[str, ...],
    labels: tuple[str | None, ...],
) -> bool:
    return bool(outside(board, audiences, access, firewall, devices, labels))


def widened(question: Question, attachment: BoundAttachment) -> bool:
    """Whether the pipeline states the buffer for somebody who may not see what is brought in here."""
    return bool(question.domain.wider) and question.widens(attachment.use)


def outside(
    board: Board,
    audiences: Audiences,
    access: MayAccess,
    firewall: str | None,
    devices: tuple[str, ...],
    labels: tuple[str | None, ...],
) -> list[str]:
    """Whom the firewall of a heap lets in who is not in every audience; `devices` attach under these `labels`."""
    if access is None:
        return []
    opened = devices if firewall == "per-buffer" else access
    played = tuple(zip(devices, labels, strict=True))
    return sorted(
        {name for name in opened if not all(_member(board, name, each, played) for each in audiences)}
    )


def _member(
    board: Board, name: str, audience: tuple[Selector, ...], played: tuple[tuple[str, str | None], ...]
) -> bool:
    spec = board.devices[name].spec
    return any(
        member.kind == spec.kind
        and (member.connector is None or member.connector in spec.connectors)
        and (member.label is None or (name, member.label) in played)
        for member in audience
    )


def words(case: Case) -> str:
    board, audiences, *of_heap = KIND.given(case)
    who = ", ".join(outside(board, audiences, *of_heap))
    uninvited = outside(board, case.question.stated.audiences, *of_heap)
    via = f" ({case.question.carried})" if case.question.carried and not uninvited else ""
    return f"{case.heap.name} opens to {who}, outside the audience of {case.label}{via}"


def stated_sentence(label: str, named: Sequence[str], stage: str, sources: Sequence[tuple[str, str]]) -> str:
    """`canvas is stated for npu, and gpu carries film into it, which is for video-decoder, gpu only`."""
    what = " and ".join(name for name, _ in sources)
    whom = "; ".join(members for _, members in sources)
    return f"{label} is stated for {', '.join(named)}, and {stage} carries {what} into it, which is for {whom} only"


KIND = ConstraintKind(
    name="audience",
    scope="heap",
    concerned_by=("question.domain.audiences",),
    concern=bool,
    reads=(
        "board", "question.domain.audiences", "heap.access", "heap.spec.firewall", "attachments.*.device.name",
        "attachments.*.use.selector.label",
    ),
    rule=_opens_to_others,
    words=words,
    source=of_heap,
)  # fmt: skip
