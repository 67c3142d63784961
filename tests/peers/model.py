"""That system's own algorithm, for linear images and raw data, from its published rules.

A second opinion for the translation: it merges what `party` only reads, in the
order and with the shortcuts of the original. It shares no code with the
translation and nothing of it goes to the solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm
from typing import Any, Final

TOP: Final = 2**32 - 1
DNC: Final = "DO_NOT_CARE"
Merged = dict[str, Any]


class Fail(Exception):
    """That system fails, and why; `gap` where it need not have."""

    def __init__(self, why: str, *, gap: bool = False) -> None:
        super().__init__(why)
        self.gap = gap


def negotiate(participants: Sequence[dict[str, Any]], world: dict[str, Any]) -> Merged:
    """Merge, then settle greedily.

    Raises:
        Fail: as the original would.
    """
    mem = _memory(participants)
    entries = [image for p in participants for image in p.get("images", ())]
    if not mem["min"] and not any(image.get("required_max_list") or "min_size" in image for image in entries):
        raise Fail("no minimum")
    images = _images(participants, world)
    display = any(p["usage"].get("display") for p in participants)
    count = _count(participants)
    heap = _heap(mem, world)
    offered = world["heaps"][heap]["domains"]
    order = ["cpu", "ram", "inaccessible"]
    domain = next((d for d in order if d in offered and d in mem["domains"]), None)
    if display and "ram" in mem["domains"]:
        domain = "ram"
    if domain is None or domain not in offered:
        raise Fail("no domain", gap=domain is not None)
    found: Merged = {"count": count, "heap": heap, "domain": domain, "size": max(mem["min"], 1)}
    if images:
        found |= _settled(images, mem, world)
    if found["size"] > mem["max"] or found["size"] > 256 << 20 or found["size"] * count > 1 << 30:
        raise Fail("too large", gap=len(images) > 1)
    return found


def _count(participants: Sequence[dict[str, Any]]) -> int:
    counts = [p.get("count", {}) for p in participants]
    held = sum(c.get("camping", 0) for c in counts)
    slack = sum(c.get("dedicated_slack", 0) for c in counts) + max(c.get("shared_slack", 0) for c in counts)
    number = max(held + slack, *(c.get("min", 0) for c in counts))
    most = min([64, *(c["max"] for c in counts if c.get("max") is not None)])
    if number > most:
        raise Fail("count", gap=max(held, *(c.get("min", 0) for c in counts)) <= most)
    if number == 0:
        raise Fail("no buffer")
    return int(number)


def _memory(participants: Sequence[dict[str, Any]]) -> Merged:
    low, high, contiguous, secure = 0, TOP, False, False
    domains, heaps = {"cpu", "ram", "inaccessible"}, None
    real = False
    for p in participants:
        usage, mem = p["usage"], p.get("mem", {})
        real |= not usage.get("none")
        needs = mem.get("secure_required", False)
        cpu = bool(usage.get("cpu"))
        default = {"cpu": not needs, "ram": not needs and not cpu, "inaccessible": not cpu}
        own = {d for d, yes in default.items() if mem.get("domains", {}).get(d, yes)}
        if (cpu and (needs or not own & {"cpu", "ram"})) or (needs and own & {"cpu", "ram"}):
            raise Fail("statement")
        low, high = max(low, mem.get("min_size", 0)), min(high, mem.get("max_size", TOP))
        contiguous |= mem.get("contiguous", False)
        secure |= needs
        domains &= own
        if "heaps" in mem:
            heaps = [h for h in heaps or mem["heaps"] if h in mem["heaps"]]
            if not heaps:
                raise Fail("heaps")
    if not real:
        raise Fail("usage")
    if low > high:
        raise Fail("sizes")
    return {
        "min": low,
        "max": high,
        "contiguous": contiguous,
        "secure": secure,
        "domains": domains,
        "heaps": heaps,
    }


def _heap(mem: Merged, world: dict[str, Any]) -> str:
    if mem["secure"]:
        secure = sorted(h for h, facts in world["heaps"].items() if facts["secure"])
        permitted = [h for h in secure if mem["heaps"] is None or h in mem["heaps"]]
        if not permitted:
            raise Fail("secure")
        return str(permitted[0])
    if mem["heaps"] is None or "system_ram" in mem["heaps"]:
        return "system_ram"
    for heap in mem["heaps"]:
        if set(world["heaps"][heap]["domains"]) & mem["domains"]:
            return str(heap)
    raise Fail("heap")


def _images(participants: Sequence[dict[str, Any]], world: dict[str, Any]) -> dict[str, Merged]:
    """The formats in common, each merged; all linear."""
    merged: dict[str, Merged] | None = None
    for p in participants:
        if not p.get("images"):
            continue
        own: dict[str, Merged] = {}
        for image in p["images"]:
            for fmt, _ in image["formats"]:
                own[fmt] = image
        if merged is None:
            merged = {fmt: _entry(image, fmt, world) for fmt, image in own.items()}
            continue
        if DNC in own:
            own = dict.fromkeys(merged, own[DNC]) if DNC not in merged else own
        if DNC in merged and DNC not in own:
            merged = {fmt: dict(merged[DNC]) for fmt in own}
        both = [fmt for fmt in merged if fmt in own]
        found = {fmt: _join(merged[fmt], _entry(own[fmt], fmt, world)) for fmt in both}
        merged = {fmt: entry for fmt, entry in found.items() if entry is not None}
        if not merged:
            raise Fail("formats")
    for fmt, entry in (merged or {}).items():
        if fmt != DNC:
            _check(entry, len(merged or {}) > 1)
    return {} if merged is None else _known(merged)


def _known(merged: dict[str, Merged]) -> dict[str, Merged]:
    kept = {fmt: entry for fmt, entry in merged.items() if fmt != DNC and DNC not in entry["colours"]}
    if not kept:
        raise Fail("do not care")
    return kept


def _entry(image: dict[str, Any], fmt: str, world: dict[str, Any]) -> Merged:
    facts = world["formats"].get(fmt, {})
    align = [
        max(side, facts.get(key, 1))
        for side, key in zip(
            image.get("size_align", (1, 1)), ("width_multiple", "height_multiple"), strict=True
        )
    ]
    divisor = lcm(image.get("bpr_divisor", 1), facts.get("sample_alignment", 1))
    pixel = facts.get("stride_bytes_per_pixel", 1)
    if image.get("bpr_at_pixel"):
        divisor = lcm(divisor, pixel)
    least = [
        -(-max(side, step) // step) * step
        for side, step in zip(image.get("min_size", (0, 0)), align, strict=True)
    ]
    most = [
        side if side == TOP else side // step * step
        for side, step in zip(image.get("max_size", (TOP, TOP)), align, strict=True)
    ]
    bpr = max(image.get("min_bpr", 0), divisor, pixel * least[0] if facts else 0)
    widest = image.get("max_bpr", TOP)
    return {
        "colours": set(image["color_spaces"]), "least": least, "most": most, "align": align, "divisor": divisor,
        "bpr": -(-bpr // divisor) * divisor, "widest": widest if widest == TOP else widest // divisor * divisor,
        "area": image.get("max_area", TOP), "alpha": image.get("alpha"), "required": list(image.get("required_max_list", [])),
        "shrunk": image.get("required_min", (TOP, TOP)),
    }  # fmt: skip


def _join(a: Merged, b: Merged) -> Merged | None:
    colours = a["colours"] & b["colours"]
    if DNC in a["colours"] or DNC in b["colours"]:
        colours = (a["colours"] | b["colours"]) - {DNC} or {DNC}
    if not colours or (None not in (a["alpha"], b["alpha"]) and a["alpha"] != b["alpha"]):
        return None

    def each(key: str, pick: Any) -> list[int]:
        return [pick(x, y) for x, y in zip(a[key], b[key], strict=True)]

    return {
        "colours": colours, "least": each("least", max), "most": each("most", min), "align": each("align", max),
        "divisor": lcm(a["divisor"], b["divisor"]), "bpr": max(a["bpr"], b["bpr"]), "widest": min(a["widest"], b["widest"]),
        "area": min(a["area"], b["area"]), "alpha": a["alpha"] if b["alpha"] is None else b["alpha"],
        "required": a["required"] + b["required"], "shrunk": each("shrunk", min),
    }  # fmt: skip


def _check(entry: Merged, several: bool) -> None:
    """A contradiction in any format fails them all: needlessly, if there is another."""
    least = [-(-side // step) * step for side, step in zip(entry["least"], entry["align"], strict=True)]
    bpr = -(-entry["bpr"] // entry["divisor"]) * entry["divisor"]
    if (
        any(low > high for low, high in zip(least, entry["most"], strict=True))
        or bpr > entry["widest"]
        or least[0] * least[1] > entry["area"]
        or any(small < low for small, low in zip(entry["shrunk"], least, strict=True))
        or any(w > entry["most"][0] or h > entry["most"][1] for w, h in entry["required"])
    ):
        raise Fail("contradiction", gap=several)


def _settled(images: dict[str, Merged], mem: Merged, world: dict[str, Any]) -> Merged:
    fmt = min(images, key=lambda name: world["formats"][name]["enum"])
    entry, facts = images[fmt], world["formats"][fmt]
    size, strides = max(mem["min"], 1), []
    needed = {tuple(each) for each in entry["required"]}
    needed -= {a for a in needed for b in needed if a != b and a[0] <= b[0] and a[1] <= b[1]}
    for required in needed or {(0, 0)}:
        w, h = (
            -(-max(side, low) // step) * step
            for side, low, step in zip(required, entry["least"], entry["align"], strict=True)
        )
        bpr = max(facts["stride_bytes_per_pixel"] * w, entry["bpr"])
        stride = -(-bpr // entry["divisor"]) * entry["divisor"]
        if w > entry["most"][0] or h > entry["most"][1] or stride > entry["widest"] or w * h > entry["area"]:
            raise Fail("rounded beyond a maximum", gap=len(images) > 1)
        size = max(size, stride * h * facts["size_factor"][0] // facts["size_factor"][1])
        strides.append(stride)
    ranked = [colour for colour in world["color_space_rank_best_first"] if colour in entry["colours"]]
    return {"format": fmt, "size": size, "strides": sorted(strides), "colour": ranked[0]}
