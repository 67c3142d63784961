"""The constraint catalogue: one module per kind, listed here and nowhere else.

To add a kind, write its module and put it into this list (docs/add-a-constraint-kind.md).
The order is that of design §5.

Each docstring ends with an Example that the tests run: facts of a profile and a pipeline, and of the
fact that decides the value that `violates` and one that `passes` (what is left out, and where other
kinds take part, `clashes_with`: tests/docstring_examples.py).
"""

from typing import Final

from heapwright.solver.constraints.graph import conversion, count, missing_device, resource
from heapwright.solver.constraints.image import (
    coded_size,
    colour_space,
    column_height,
    extent,
    format,
    minimum_size,
    modifier,
    modifier_side_condition,
    rows,
    tail,
)
from heapwright.solver.constraints.kind import ConstraintKind
from heapwright.solver.constraints.memory import (
    base_alignment,
    capacity,
    coherency,
    cpu_access,
    exporter_computes_size,
    heap_limits,
)
from heapwright.solver.constraints.planes import (
    implied_plane_offset,
    metadata_planes,
    plane_buffers,
    plane_offset,
    plane_strides,
    stride_exact,
    stride_multiple,
    stride_range,
    stride_set,
)
from heapwright.solver.constraints.protection import (
    audience,
    outside_firewall,
    protected_flow,
    protected_needs_firewall,
    protected_only,
    protected_port,
)
from heapwright.solver.constraints.reach import (
    address_reach,
    attach_once,
    contiguous_memory,
    cpu_importer,
    importer_refuses,
    iommu_page,
    iommu_reach,
    iova_aperture,
    local_only,
    own_mmu,
    pinned_elsewhere,
    unreachable_memory,
)

_MODULES: Final = (
    missing_device,
    contiguous_memory,
    own_mmu,
    address_reach,
    iommu_reach,
    iommu_page,
    iova_aperture,
    local_only,
    unreachable_memory,
    pinned_elsewhere,
    importer_refuses,
    cpu_importer,
    attach_once,
    format,
    colour_space,
    modifier,
    column_height,
    modifier_side_condition,
    stride_multiple,
    stride_exact,
    stride_range,
    stride_set,
    plane_strides,
    extent,
    coded_size,
    rows,
    plane_offset,
    implied_plane_offset,
    plane_buffers,
    metadata_planes,
    tail,
    minimum_size,
    base_alignment,
    capacity,
    heap_limits,
    exporter_computes_size,
    cpu_access,
    coherency,
    count,
    resource,
    protected_needs_firewall,
    protected_only,
    audience,
    outside_firewall,
    protected_port,
    protected_flow,
    conversion,
)
KINDS: Final[tuple[ConstraintKind, ...]] = tuple(module.KIND for module in _MODULES)
GISTS: Final = {module.KIND.name: (module.__doc__ or "").partition(".\n")[0] for module in _MODULES}
"""What each kind is about: the sentence with which its module begins."""

BY_NAME: Final = {kind.name: kind for kind in KINDS}


def of_scope(*scopes: str) -> tuple[ConstraintKind, ...]:
    """The kinds that judge at these scopes, in catalogue order."""
    return tuple(kind for kind in KINDS if kind.scope in scopes)


ATTACHMENT: Final = of_scope("attachment")
HEAP: Final = of_scope("heap")
REACH: Final = of_scope("reach")
RUN: Final = of_scope("run")
ROOM: Final = of_scope("room")
LAYOUT: Final = of_scope("layout")
PERMIT: Final = of_scope("permit")
BUDGETS: Final = tuple(kind for kind in KINDS if kind.budget is not None)
