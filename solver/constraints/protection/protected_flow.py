"""What a stage writes after reading protected content is protected too.

Otherwise any copy would lay open what its source keeps. Only a port marked `declassifies`
ends it: one that scrambles, or whose output nobody can make content of. Conversions never
end it. Which buffers it reaches is worked out in solver.protection.

Source: design §5, 37. No kernel follows content; what a master in its protected mode may
write to, firmware decides (docs/protected.md).
"""

from __future__ import annotations

from collections.abc import Sequence

NAME = "protected-flow"
SCOPE = "question"


def sentence(label: str, port: str, stage: str, sources: Sequence[str]) -> str:
    which = f"{' and '.join(sources)}, which {'is' if len(sources) == 1 else 'are'} protected"
    return f"{stage} reads {which}, so what {port} writes to {label} is protected too"


def audience_sentence(label: str, port: str, stage: str, sources: Sequence[str]) -> str:
    """The same of a buffer that is protected anyway: who may see it is not for it alone to say."""
    return (
        f"{stage} reads {' and '.join(sources)}, so nobody outside {'its' if len(sources) == 1 else 'their'} "
        f"audience may see what {port} writes to {label}"
    )
