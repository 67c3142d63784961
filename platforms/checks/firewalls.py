"""One range of memory has one access list: heaps whose claims about it cannot both be true.

A static firewall guards a range of addresses, whoever allocates there (a TrustZone address space
controller, a carve-out of OP-TEE's). So an ordinary heap in that range means that there is no
firewall, and two lists mean that nobody knows who gets in. Nothing is shared where

- the firewall is set up buffer by buffer (`firewall: per-buffer`): it guards the pages of one buffer;
- a pool locks its block at its first buffer (`locks`): it guards that block, which is nobody else's;
- a heap's memory is a part `inside` another's: what heaps name is never handed out by the memory around;
- two heaps claim the same: they are two names of one pool.

A heap in a part of a guarded range lies behind that firewall like the rest of the range, and memory
that nobody knows may be any.

Source: linux-7.3.4:drivers/tee/optee/smc_abi.c static_protmem_pool_init() (one range, one pool);
drivers/tee/optee/protmem.c protmem_pool_op_dyn_alloc() (a block of CMA becomes the pool's);
drivers/tee/optee/ffa_abi.c optee_ffa_lend_protmem() (the members are named when memory is lent).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from heapwright.platforms.errors import Finding
from heapwright.platforms.kernels import together
from heapwright.platforms.schema import Heap, Memory, Platform
from heapwright.platforms.values import UNKNOWN, Span


class AccessConflict(NamedTuple):
    """Two heaps that claim different things of one range."""

    heap: str
    other: str
    memory: str
    """Where both may allocate; empty where nobody knows."""


def disputes(platform: Platform) -> Iterator[Finding]:
    """A sentence for every heap that others keep from having a firewall, and the path where it is claimed."""
    told: set[str] = set()
    for heap, other, memory in access_conflicts(platform.memory, platform.heaps):
        one, theirs = platform.heaps[heap], platform.heaps[other]
        if one.access in (None, UNKNOWN) or heap in told or not together(one, theirs):
            continue
        told.add(heap)
        where = f"allocates from {memory} too" if memory else "may allocate from the same memory"
        how = "has no firewall" if theirs.access is None else f"admits {_admitted(theirs)}"
        yield (
            ("heaps", heap, "access"),
            f"{heap} admits {_admitted(one)}, but {other} {where} and {how}; one range has one access list, "
            f"so nothing protected is put there",
        )


def _admitted(heap: Heap) -> str:
    members = (
        "nobody knows whom" if isinstance(heap.access, str) else ", ".join(heap.access or ()) or "nobody"
    )
    return f"{members} ({heap.firewall or 'static'})"


def access_conflicts(memory: Mapping[str, Memory], heaps: Mapping[str, Heap]) -> Iterator[AccessConflict]:
    """Every pair of heaps of which one at least guards a range that the other uses otherwise, both ways round."""
    for one, other in combinations(sorted(heaps), 2):
        if claim(heaps[one]) == claim(heaps[other]):
            continue
        found = _shared(memory, heaps[one], heaps[other])
        if found is None:
            found = _shared(memory, heaps[other], heaps[one])
        if found is not None:
            yield AccessConflict(one, other, found)
            yield AccessConflict(other, one, found)


def claim(heap: Heap) -> object:
    """Whom a heap lets in where it allocates; None without a firewall."""
    if heap.access is None:
        return None
    members = heap.access if heap.access == UNKNOWN else frozenset(heap.access)
    return members, heap.firewall == "per-buffer"


def _guards_range(heap: Heap) -> bool:
    """Whether a known firewall stands around its memory, not around a buffer or a block of its own."""
    if heap.access is None or heap.access == UNKNOWN or heap.firewall == "per-buffer":
        return False
    return heap.locks is None or heap.memory != (heap.locks.from_,)


def _shared(memory: Mapping[str, Memory], guard: Heap, other: Heap) -> str | None:
    """A memory from which `other` may take what lies in the range that `guard` guards, if it guards any."""
    if not _guards_range(guard):
        return None
    if isinstance(guard.memory, str) or isinstance(other.memory, str):
        return ""
    used = [*other.memory, *([other.locks.from_] if other.locks is not None else [])]
    for name in used:
        if any(_reaches(memory, name, guarded) for guarded in guard.memory):
            return name
    return None


def _reaches(memory: Mapping[str, Memory], name: str, guarded: str) -> bool:
    """Whether bytes of a memory may lie in a guarded one: it is a part of it, or their addresses overlap."""
    mine, theirs = _around(memory, name), _around(memory, guarded)
    if guarded in mine:
        return True
    if name in theirs:
        return False  # a part that a heap names is cut out of what is around it
    one, other = _range(memory, mine, theirs), _range(memory, theirs, mine)
    return one is not None and other is not None and one[0] < other[1] and other[0] < one[1]


def _around(memory: Mapping[str, Memory], name: str) -> list[str]:
    """The memory and all it lies inside of, innermost first."""
    found = [name]
    while (outer := memory[found[-1]].inside) is not None:
        found.append(outer)
    return found


def _range(memory: Mapping[str, Memory], mine: list[str], theirs: list[str]) -> tuple[int, int] | None:
    """The addresses between which a memory lies, as far as what is around both does not say it already."""
    for name in mine:
        if name in theirs:
            return None
        base, size = memory[name].base, memory[name].size
        if isinstance(base, int):
            most = size.high if isinstance(size, Span) else size if isinstance(size, int) else 1
            return base, base + most
    return None
