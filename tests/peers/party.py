"""A participant with its defaults filled in: what it states, and nothing of the others.

Defaults and what counts as malformed are that system's interface rules
(README.md lists them). Nothing is merged here: merging is the solver's work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .cases import Constraints, Environment, Facts, Image, Mem, Node, Size, World

UNLIMITED: Final = 2**32 - 1
DO_NOT_CARE: Final = "DO_NOT_CARE"
LINEAR: Final = "LINEAR"
OBSERVER: Final = ("fpga", "read")
"""A device that takes part and touches no bytes."""

_READS: Final = frozenset({"read", "read_often", "transfer_src", "sampled", "input_attachment"})
_VIDEO: Final = {
    "hw_decoder": ("video-decoder", "frame"),
    "hw_decoder_internal": ("video-decoder", "frame"),
    "hw_encoder": ("video-encoder", "frame"),
    "decryptor_output": ("crypto", "target"),
    "capture": ("camera", "capture"),
}


class Refused(Exception):
    """The interface takes no such statement, or our file format has no such question."""


class Unreadable(Exception):
    """The case says something that we have no rule for."""


@dataclass(frozen=True)
class Entry:
    """One alternative of a participant, for one pair of format and modifier."""

    format: str
    modifier: str
    colours: tuple[str, ...] | None
    """None: does not care."""
    least: Size
    most: tuple[int | None, int | None]
    align: Size
    min_bpr: int
    max_bpr: int | None
    max_area: int | None
    divisor: int
    at_pixel: bool
    alpha: bool | None
    required_min: Size | None
    required: tuple[Size, ...]
    block: Size
    beyond: int

    def covers(self, pair: tuple[str, str]) -> bool:
        return self.format in (pair[0], DO_NOT_CARE) and self.modifier in (pair[1], DO_NOT_CARE)


@dataclass(frozen=True)
class Party:
    """A participant as the solver will see it."""

    id: str
    ports: tuple[tuple[str, str], ...]
    """(kind, port) of each device it stands for; the first one holds its buffers."""
    used: bool
    """Some real usage, or a permission to allocate without."""
    cpu: bool
    display: bool
    camping: int
    dedicated: int
    shared: int
    min_count: int
    max_count: int | None
    min_bytes: int
    max_bytes: int | None
    contiguous: bool
    base_align: int
    secure: bool
    domains: frozenset[str]
    heaps: tuple[str, ...] | None
    entries: tuple[Entry, ...]

    @property
    def slack(self) -> bool:
        return bool(self.dedicated or self.shared)

    @property
    def sized(self) -> bool:
        """Whether it states any smallest size."""
        return self.min_bytes > 0 or any(entry.required or min(entry.least) > 0 for entry in self.entries)

    def opted_in(self, heap: str) -> bool:
        """Protected heaps are taken only by who names them, requires them, or touches nothing."""
        if self.heaps is not None:
            return heap in self.heaps
        return self.secure or self.ports == (OBSERVER,)


def party(node: Node, world: World, limits: Environment, api: str) -> Party:
    """The participant of a node.

    Raises:
        Refused: that system's interface calls the statement malformed; it begins with the participant's name.
        Unreadable: a usage flag or a shape we have no rule for.
    """
    try:
        return _party(node, world, limits, api)
    except Refused as refusal:
        raise Refused(f"{node.id}: {refusal}") from refusal


def _party(node: Node, world: World, limits: Environment, api: str) -> Party:
    said = node.constraints
    assert isinstance(said, Constraints)
    usage, count, mem = said.usage, said.count, _memory(said, api)
    cpu = bool(usage.cpu)
    domains = _domains(said.mem, cpu, api)
    _check_memory(mem, cpu, domains)
    max_count = count.max if (api != "v1" or count.max) else None
    if max_count == 0:
        raise Refused("a maximum count of 0")
    _check_lengths(said, limits.max_image_entries, api)
    return Party(
        id=node.id,
        ports=tuple(_ports(said, domains)),
        used=_used(said),
        cpu=cpu,
        display=bool(usage.display),
        camping=count.camping,
        dedicated=count.dedicated_slack,
        shared=count.shared_slack,
        min_count=count.min,
        max_count=max_count,
        min_bytes=mem.min_size,
        max_bytes=_limit(mem.max_size, api),
        contiguous=mem.contiguous,
        base_align=mem.base_align or 1,
        secure=mem.secure_required,
        domains=domains,
        heaps=None if mem.heaps is None else tuple(heap.lower() for heap in mem.heaps),
        entries=tuple(_entries(said, world, limits, api)),
    )


def _check_lengths(said: Constraints, most: int, api: str) -> None:
    """Lists longer than the interface can carry."""
    most = min(most, 32) if api == "v1" else most
    lists: list[tuple[str, Sequence[object], int]] = [("image entries", said.images, most)]
    lists.append(("heaps", (said.mem and said.mem.heaps) or (), 32 if api == "v1" else 64))
    for image in said.images:
        lists.append(("formats", image.formats, 64))
        lists.append(("colour spaces", image.color_spaces or (), 32))
        lists.append(("required sizes", image.required_max_list, 64))
    for name, listed, longest in lists:
        if len(listed) > longest:
            raise Refused(f"{len(listed)} {name}, at most {longest}")


def _memory(said: Constraints, api: str) -> Mem:
    return said.mem or Mem()


def _limit(value: int | None, api: str) -> int | None:
    """A maximum; the largest word (and v1's 0) means that there is none."""
    if value is None or value >= UNLIMITED or (api == "v1" and value == 0):
        return None
    return value


def _domains(mem: Mem | None, cpu: bool, api: str) -> frozenset[str]:
    """Who maintains caches: `cpu` nobody has to, `ram` the users do, `inaccessible` the CPU never looks."""
    secure = mem is not None and mem.secure_required
    defaults = {"cpu": not secure, "ram": not secure and not cpu, "inaccessible": not cpu}
    if api == "v1" and mem is not None:
        defaults = {"cpu": True, "ram": False, "inaccessible": False}
    stated = mem.domains if mem is not None else None
    return frozenset(
        domain
        for domain, default in defaults.items()
        if (default if stated is None or getattr(stated, domain) is None else getattr(stated, domain))
    )


def _check_memory(mem: Mem, cpu: bool, domains: frozenset[str]) -> None:
    touchable = domains & {"cpu", "ram"}
    if cpu and not touchable:
        raise Refused("CPU usage without the cpu or ram domain")
    if mem.secure_required and (cpu or touchable):
        raise Refused("protected memory required together with CPU access")
    if mem.heaps is not None and not mem.heaps:
        raise Refused("an empty list of permitted heaps")
    if mem.base_align is not None and not (mem.contiguous and power_of_two(mem.base_align)):
        raise Refused("a base alignment that is no power of two, or without contiguity")


def _used(said: Constraints) -> bool:
    usage = said.usage
    real = bool(usage.cpu or usage.vulkan or usage.display or usage.video)
    none = usage.none if isinstance(usage.none, list) else (["none"] if usage.none else [])
    if none and real:
        raise Refused("none usage together with another")
    if not none and not real:
        raise Refused("constraints without any usage")
    return real or any("permit" in flag for flag in none)


def _ports(said: Constraints, domains: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The device ports a participant stands for, each once.

    A CPU user that also takes memory the CPU cannot reach promised to look
    before it touches: it is no CPU to us, and the heap may be out of its reach.
    """
    usage = said.usage
    cpu = "fpga" if "inaccessible" in domains else "cpu"
    found = [(cpu, "read" if flag in _READS else "write") for flag in usage.cpu]
    found += [("gpu", "sample" if flag in _READS else "render") for flag in usage.vulkan]
    found += [("display", "cursor" if flag == "cursor" else "scanout") for flag in usage.display]
    for flag in usage.video:
        if flag not in _VIDEO:
            raise Unreadable(f"unknown usage video {flag}")
        found.append(_VIDEO[flag])
    yield from dict.fromkeys(found or [OBSERVER])


def power_of_two(number: int) -> bool:
    """What every alignment of that system's interface is; our own files take any multiple."""
    return number > 0 and number & (number - 1) == 0


def _entries(said: Constraints, world: World, limits: Environment, api: str) -> Iterator[Entry]:
    found: list[Entry] = []
    for image in said.images:
        if not image.formats:
            raise Refused("an image entry without a format")
        for fourcc, modifier in image.formats:
            if fourcc is None:
                raise Refused("an image entry without a format")
            entry = _entry(
                image, fourcc, _modifier(fourcc, modifier, _used_bits(said), api), world, limits, api
            )
            for other in found:
                if _combine(entry, other):
                    raise Refused(f"two entries for {entry.format} {entry.modifier}")
            found.append(entry)
    yield from found


def _used_bits(said: Constraints) -> bool:
    return not said.usage.none


def _modifier(fourcc: str, modifier: str | None, used: bool, api: str) -> str:
    if modifier == "INVALID":
        raise Refused("INVALID modifier")
    if modifier is not None:
        return LINEAR if modifier in ("NONE", LINEAR) else modifier
    if api == "v1" or (fourcc != DO_NOT_CARE and used):
        return LINEAR
    return DO_NOT_CARE


def _combine(one: Entry, other: Entry) -> bool:
    """One participant's pairs must not overlap, `do not care` included."""
    formats, modifiers = {one.format, other.format}, {one.modifier, other.modifier}
    return all(len(values) == 1 or DO_NOT_CARE in values for values in (formats, modifiers))


def _entry(image: Image, fourcc: str, modifier: str, world: World, limits: Environment, api: str) -> Entry:
    if fourcc != DO_NOT_CARE and fourcc not in world.formats:
        raise Refused(f"no pixel format {fourcc}")
    facts = world.formats.get(fourcc)
    required = [*image.required_max_list]
    if any(0 in size for size in required):
        raise Refused("a required size of 0")
    if image.required_max is not None and 0 not in image.required_max:
        required.append(image.required_max)
    return Entry(
        format=fourcc,
        modifier=modifier,
        colours=_colours(image.color_spaces, facts, world),
        least=image.min_size or (0, 0),
        most=_most(image.max_size, api),
        align=_aligned(image, limits, api),
        min_bpr=image.min_bpr,
        max_bpr=_limit(image.max_bpr, api),
        max_area=_limit(image.max_area, api),
        divisor=_divisor(image.bpr_divisor, api),
        at_pixel=image.bpr_at_pixel,
        alpha=image.alpha,
        required_min=_required_min(image.required_min, api),
        required=tuple(required),
        block=_block(image, fourcc, modifier, facts),
        beyond=image.pad_beyond,
    )


def _most(size: Size | None, api: str) -> tuple[int | None, int | None]:
    return (None, None) if size is None else (_limit(size[0], api), _limit(size[1], api))


def _divisor(value: int | None, api: str) -> int:
    value = 1 if value is None or (value == 0 and api == "v1") else value
    if value < 1:
        raise Refused("a divisor of 0")
    return value


def _aligned(image: Image, limits: Environment, api: str) -> Size:
    """The alignment of sizes; the other alignments are only checked, for nothing depends on them."""
    sides = [
        _divisor(side, api) for size in (image.size_align, image.display_align) for side in size or (1, 1)
    ]
    offset = _divisor(image.start_offset_divisor, api)
    if not all(power_of_two(side) for side in (*sides, offset)):
        raise Refused("an alignment that is no power of two")
    if offset > limits.page_size:
        raise Refused("a start offset divisor beyond the page")
    return sides[0], sides[1]


def _required_min(size: Size | None, api: str) -> Size | None:
    if size is None or (api == "v1" and 0 in size):
        return None
    if 0 in size:
        raise Refused("a required minimum of 0")
    return None if UNLIMITED in size else size


def _block(image: Image, fourcc: str, modifier: str, facts: Facts | None) -> Size:
    """A reader that works in blocks: only linear images of one plane with a bounded width."""
    block = image.pad_block or (1, 1)
    if not (power_of_two(block[0]) and power_of_two(block[1])):
        raise Refused("a block that is no power of two")
    if block == (1, 1):
        return block
    if facts is None or modifier != LINEAR or facts.size_factor != (1, 1):
        raise Refused("blocks of anything but a linear image of one plane")
    if block[1] > 1 and (image.max_size is None or image.max_size[0] >= UNLIMITED):
        raise Refused("blocks without a maximum width")
    return block


def _colours(named: list[str] | None, facts: Facts | None, world: World) -> tuple[str, ...] | None:
    if not named or (DO_NOT_CARE in named and len(named) > 1):
        raise Refused("no colour space, or DO_NOT_CARE beside another")
    if DO_NOT_CARE in named:
        return None
    for colour in named:
        if colour not in world.ranks:
            raise Refused(f"no colour space {colour}")
        if facts is not None and not fits(colour, facts):
            raise Refused(f"{colour} is no colour space of that format")
    return tuple(named)


def fits(colour: str, facts: Facts) -> bool:
    """Whether a format can carry a colour space: its model and its bits a sample."""
    if colour == "PASSTHROUGH":
        return True
    if colour == "SRGB":
        return facts.colour == "rgb"
    deep = colour in ("REC2020", "REC2100")
    return facts.colour == "yuv" and facts.bits in ((10, 12) if deep else (8, 10))
