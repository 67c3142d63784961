"""Flattened device trees (`.dtb`): memory, and what is reserved from it.

Source: Devicetree Specification v0.4 chapter 5 (flattened format), §2.3.5, §2.3.6
(#address-cells, reg), §3.4 (/memory), §3.5 (/reserved-memory); for CMA,
Documentation/devicetree/bindings/reserved-memory: a `shared-dma-pool` that is
`reusable` is a CMA area, and `linux,cma-default` the default one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from heapwright.platforms.errors import Diagnostic, UnparsableInput
from heapwright.platforms.importers.records import Area, Bank, Machine, TreeDevice

MAGIC: Final = 0xD00DFEED
HEADER: Final = 40
MOST_BYTES: Final = 4 << 20
MOST_NODES: Final = 100_000
DEEPEST: Final = 32
MOST_RANGES: Final = 64
MOST_STRINGS: Final = 16
_BEGIN, _END, _PROPERTY, _NOP, _FINISH = 1, 2, 3, 4, 9


class TreeNode(NamedTuple):
    """A node: its name with unit address, its properties as bytes, its children by name."""

    name: str
    properties: dict[str, bytes]
    children: dict[str, TreeNode]


def machine(data: bytes, file: str) -> Machine:
    """What a device tree tells of a machine.

    Raises:
        UnparsableInput: this is no sound device tree.
    """
    try:
        tree = parse(data)
        banks, areas, found = tuple(_banks(tree)), tuple(_areas(tree)), tuple(_devices(tree))
    except ValueError as wrong:
        raise UnparsableInput([Diagnostic(file, None, (), f"is no sound device tree: {wrong}")]) from None
    title = _text(tree.properties.get("model", b"")) or file
    note = f"{file} tells memory, and of devices only what they are compatible with: nothing of what they do"
    return Machine(title, None, 4096, banks, areas, tree=found, notes=(note,))


def parse(data: bytes) -> TreeNode:
    """The tree in a blob.

    Raises:
        ValueError: the blob is damaged, or larger or deeper than any sound one.
    """
    if len(data) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    if len(data) < HEADER:
        raise ValueError(f"expected a header of {HEADER} bytes, got {len(data)}")
    magic, total, structure, strings, _, version, compatible, _, strings_size, structure_size = (
        struct.unpack_from(">10I", data)
    )
    if magic != MAGIC:
        raise ValueError(f"expected the magic number {MAGIC:#x}, got {magic:#x}")
    if not HEADER <= total <= len(data) or compatible > 17 or version < 17:
        raise ValueError("its header does not fit its size and version")
    if structure + structure_size > total or strings + strings_size > total:
        raise ValueError("its blocks lie beyond its end")
    names = data[strings : strings + strings_size]
    return _nodes(data[structure : structure + structure_size], names)


def _nodes(block: bytes, names: bytes) -> TreeNode:
    root: TreeNode | None = None
    path: list[TreeNode] = []
    at = count = 0
    while True:
        (token,) = _words(block, at, 1)
        at += 4
        if token == _BEGIN:
            count += 1
            node = TreeNode(_text(block[at : _end(block, at)]), {}, {})
            at = (_end(block, at) + 4) & ~3
            if len(path) >= DEEPEST or count > MOST_NODES or (root is not None and not path):
                raise ValueError("too many nodes, too deep, or two roots")
            if path:
                path[-1].children[node.name] = node
            root = root or node
            path.append(node)
        elif token == _PROPERTY and path:
            size, name = _words(block, at, 2)
            at += 8
            if at + size > len(block) or name >= len(names):
                raise ValueError("a property lies beyond the end")
            path[-1].properties[_text(names[name : _end(names, name)])] = block[at : at + size]
            at = (at + size + 3) & ~3
        elif token == _END and path:
            path.pop()
        elif token == _FINISH and not path and root is not None:
            return root
        elif token != _NOP:
            raise ValueError(f"token {token} where it cannot be")


def _words(block: bytes, at: int, count: int) -> tuple[int, ...]:
    if at + 4 * count > len(block):
        raise ValueError("it ends in the middle of a node")
    return struct.unpack_from(f">{count}I", block, at)


def _end(block: bytes, at: int) -> int:
    """Where the text that starts at `at` ends."""
    end = block.find(b"\0", at)
    if end < 0:
        raise ValueError("a name has no end")
    return end


def _text(value: bytes) -> str:
    """The first string of a value, printable."""
    text = value.split(b"\0")[0].decode("ascii", "replace")
    return "".join(c if c.isprintable() else "?" for c in text)


def _strings(value: bytes) -> list[str]:
    return [part.decode("ascii", "replace") for part in value.split(b"\0") if part]


def _cells(node: TreeNode) -> tuple[int, int]:
    """#address-cells and #size-cells; 2 and 1 where they are not stated."""
    found = []
    for name, default in (("#address-cells", 2), ("#size-cells", 1)):
        value = node.properties.get(name)
        cells = default if value is None else int.from_bytes(value, "big")
        if not 0 <= cells <= 2:
            raise ValueError(f"{name} is {cells}; addresses of more than 64 bits are not read")
        found.append(cells)
    return found[0], found[1]


def _ranges(node: TreeNode, cells: tuple[int, int]) -> list[tuple[int, int]]:
    """Base and size of each range of `reg`."""
    value, (across, down) = node.properties.get("reg", b""), (cells[0] * 4, cells[1] * 4)
    step = across + down
    if not step or len(value) % step:
        raise ValueError(f"reg of {node.name} has {len(value)} bytes, no multiple of {step}")
    starts = range(0, len(value), step)[:MOST_RANGES]
    return [
        (
            int.from_bytes(value[at : at + across], "big"),
            int.from_bytes(value[at + across : at + step], "big"),
        )
        for at in starts
    ]


def _devices(tree: TreeNode) -> Iterator[TreeDevice]:
    """Every node that is a device: it is compatible with something and not disabled, nor inside what is."""
    todo = [tree]
    while todo:
        node = todo.pop()
        for name, child in node.children.items():
            if _text(child.properties.get("status", b"okay\0")) not in ("okay", "ok"):
                continue
            todo.append(child)
            strings = _strings(child.properties.get("compatible", b""))[:MOST_STRINGS]
            if strings:
                yield TreeDevice(name[:128], tuple(strings))


def _sound(base: int, size: int) -> bool:
    return size > 0 and base + size < 1 << 63


def _banks(tree: TreeNode) -> Iterator[Bank]:
    for name, node in tree.children.items():
        if name == "memory" or name.startswith("memory@"):
            for base, size in _ranges(node, _cells(tree)):
                if _sound(base, size):
                    yield Bank(base, size, 0, f"device-tree: /{name} reg")


def _areas(tree: TreeNode) -> Iterator[Area]:
    folder = tree.children.get("reserved-memory")
    if folder is None:
        return
    cells = _cells(folder)
    for name, node in folder.children.items():
        known = node.properties
        pool = "shared-dma-pool" in _strings(known.get("compatible", b"")) and "reusable" in known
        source = f"device-tree: /reserved-memory/{name}"
        ranges = [each for each in _ranges(node, cells) if _sound(*each)] if "reg" in known else []
        if not ranges and "size" in known:
            size = int.from_bytes(known["size"], "big")
            ranges = [(-1, size)] if _sound(0, size) else []
        for base, size in ranges[:1]:
            place = None if base < 0 else base
            kind: Literal["cma", "reserved"] = "cma" if pool else "reserved"
            default = pool and "linux,cma-default" in known
            yield Area(name, kind, place, size, 0, source, default)
