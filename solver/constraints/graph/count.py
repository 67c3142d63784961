"""There must be a buffer for everyone who holds one, and no more than anybody takes.

At least the sum of what the ports hold (and their slack), at least every port's
minimum, at most the smallest maximum. Fewer stalls the pipeline.

Source: linux-7.2.13:drivers/media/common/videobuf2/videobuf2-core.c
min_queued_buffers, max_num_buffers; raspberrypi/picamera2#1392.

Example:
    devices.panel.ports.scanout.holds: 2  # and the camera 1
    buffers.frame.count: {violates: 2, passes: 3}
"""

from heapwright.solver.constraints.cases import BoundAttachment
from heapwright.solver.constraints.kind import ConstraintKind
from heapwright.solver.question.pipeline import Wish


def bounds(attachments: tuple[BoundAttachment, ...]) -> tuple[int, int | None]:
    """The fewest and the most buffers that these ports work with."""
    least = sum(attachment.port.holds + attachment.port.slack for attachment in attachments)
    most: int | None = None
    for attachment in attachments:
        limits = attachment.port.count
        least = max(least, limits.min or 0)
        if limits.max is not None:
            most = limits.max if most is None else min(most, limits.max)
    return max(least, 1), most


def buffers(number: int) -> str:
    return f"{number} buffer{'s' if number > 1 else ''}"


def allows(asked: int | Wish, number: int) -> bool:
    """Whether the pipeline itself would take so many."""
    return number == asked if isinstance(asked, int) else asked.min <= number <= asked.wish


def pinned_sentence(
    label: str, number: int, asked: int | Wish | None, attachments: tuple[BoundAttachment, ...]
) -> str:
    if asked is None:
        wanted = f"as many as its ports need, {bounds(attachments)[0]}"
    else:
        wanted = buffers(asked) if isinstance(asked, int) else f"{asked.min} to {asked.wish} buffers"
    return f"{label} is to have {number}, and its pipeline asks for {wanted}"


def sentence(label: str, has: str, attachments: tuple[BoundAttachment, ...]) -> str:
    least, most = bounds(attachments)
    holders = ", ".join(f"{t.title} {t.port.holds + t.port.slack}" for t in attachments)
    limit = f", and at most {most} are taken" if most is not None else ""
    return f"{label} has {has}; at least {least} are needed (held: {holders}){limit}"


KIND = ConstraintKind(name="count", scope="question", words=sentence)
