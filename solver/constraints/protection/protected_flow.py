"""What a stage writes after reading protected content is protected too.

Otherwise any copy would lay open what its source keeps. Only a port marked `declassifies`
ends it: one that scrambles, or whose output nobody can make content of. Conversions never
end it. Which buffers it reaches is worked out in solver.protection.

Source: design §5, 37. No kernel follows content; what a master in its protected mode may
write to, firmware decides (docs/protected.md).

Example:
    heaps.tz: {memory: [tz], cpu: none, access: [camera, gpu0]}
    devices.camera.ports.capture.protected: allowed
    devices.gpu0: {kind: gpu, ports: {sample: {protected: allowed}, render: {protected: allowed}}}
    buffers.film: {read_by: gpu.sample, protected: true}
    buffers.frame.written_by: gpu.render
    devices.gpu0.ports.render.declassifies: {violates: false, passes: true}
    clashes_with: [protected-port]
"""

from collections.abc import Sequence

from heapwright.solver.constraints.kind import ConstraintKind


def sentence(label: str, port: str, stage: str, sources: Sequence[str]) -> str:
    which = f"{' and '.join(sources)}, which {'is' if len(sources) == 1 else 'are'} protected"
    return f"{stage} reads {which}, so what {port} writes to {label} is protected too"


def audience_sentence(label: str, port: str, stage: str, sources: Sequence[str]) -> str:
    """The same of a buffer that is protected anyway: who may see it is not for it alone to say."""
    return (
        f"{stage} reads {' and '.join(sources)}, so nobody outside {'its' if len(sources) == 1 else 'their'} "
        f"audience may see what {port} writes to {label}"
    )


KIND = ConstraintKind(name="protected-flow", scope="question", words=sentence)
