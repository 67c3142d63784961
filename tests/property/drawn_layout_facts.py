"""Facts that make it harder for ports to agree on how the bytes of an image lie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.property.drafts import TILED, Draft, Json

MODIFIED: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("ARM_AFBC(16x16,SPARSE)", ("XR24", "RG16", "NV12")),
    ("ARM_AFBC(32x8)", ("XR24", "NV16")),
    ("QCOM_COMPRESSED", ("XR24", "NV12", "P010")),
    ("BROADCOM_SAND32", ("NV12", "R8")),
    ("BROADCOM_SAND128", ("NV12",)),
    ("I915_4_TILED", ("XR24", "NV12")),
    ("I915_Y_TILED_GEN12_RC_CCS", ("XR24",)),
    ("I915_Y_TILED_GEN12_MC_CCS", ("NV12",)),
    ("NVIDIA_BLOCK_LINEAR_2D(0,1,2,0x06,0)", ("XR24", "NV12")),
    ("ARM_AFRC(P0=16)", ("XR24",)),
    ("MTK_16L_32S_TILE", ("NV12",)),
)
"""Families whose smallest layouts are a few KiB, with formats that they cover."""


def stride_multiple(draft: Draft) -> None:
    draft.stride()["multiple"] = draft.pick(2, 3, 4, 6, 8, 12, 16, 32, "unknown")


def stride_pixels(draft: Draft) -> None:
    draft.stride()["pixels"] = draft.pick(
        {"group": 4, "bytes": 5}, {"group": 3, "bytes": 16}, {"group": 2, "bytes": 8}
    )


def stride_set(draft: Draft) -> None:
    draft.stride()["set"] = sorted(draft.random.sample((4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 64), 3))


def stride_power(draft: Draft) -> None:
    draft.stride()["power_of_two"] = True


def stride_range(draft: Draft) -> None:
    stride = draft.stride()
    which = draft.pick("min", "max", "max_pixels")
    stride[which] = draft.pick(8, 10, 16, 32, 40)


def stride_exact(draft: Draft) -> None:
    stride = draft.stride()
    if draft.chance(2):
        stride["exact"] = {"width_multiple": draft.pick(1, 2, 4, 8)}
    else:
        stride["fixed"] = True


def stride_beyond(draft: Draft) -> None:
    draft.stride()["beyond"] = {"bytes": draft.pick(4, 8, 16, 24), "multiple": draft.pick(16, 24, 32)}


def stride_planes(draft: Draft) -> None:
    stride = draft.stride()
    stride["planes"] = draft.pick("equal", "halved")
    if draft.chance(2):
        stride["multiple"] = draft.pick(4, 8, 16)


def extent(draft: Draft) -> None:
    rule = draft.rule()
    rule["extent"] = {
        draft.pick("min", "max", "max"): f"{draft.pick(4, 6, 8)}x{draft.pick(4, 5, 8)}",
        "multiple": f"{draft.pick(1, 2, 4)}x{draft.pick(1, 2)}",
    }


def coded(draft: Draft) -> None:
    draft.rule()["coded"] = {"multiple": f"{draft.pick(1, 2, 4, 6, 8)}x{draft.pick(1, 2, 4, 8)}"}


def rows(draft: Draft) -> None:
    draft.rule()["rows"] = {"multiple": draft.pick(2, 3, 4, 8, 16, "unknown")}


def offset(draft: Draft) -> None:
    draft.rule()["offset"] = {"multiple": draft.pick(4, 8, 16, 32, 64)}


def implied_offset(draft: Draft) -> None:
    draft.rule()["implied_offset"] = {"rows": {"multiple": draft.pick(1, 2, 4, 8, 16)}}


def dmabufs(draft: Draft) -> None:
    for _ in range(draft.pick(1, 2, 3)):
        draft.rule()["dmabufs"] = draft.pick([2], [1, 2], [1, 2], [1, 2, 3], [1, 3])
    if draft.chance(4):
        draft.buffer()["dmabufs"] = draft.pick(1, 2, [1, 2])


def tail(draft: Draft) -> None:
    tails: list[Json] = [
        {"bytes": 48},
        {"bytes": 8, "per_block": {"of": "4x4", "bytes": 8}},
        {"rows": 2},
        {"at_least_stride_or": 32},
        {"bytes": "unknown"},
    ]
    draft.rule()["tail"] = {**draft.pick(*tails), "per_plane": draft.chance(2)}


def minimum(draft: Draft) -> None:
    draft.rule()["minimum"] = {"rows_multiple": draft.pick(2, 4, 8, 16)}


def plane_rows(draft: Draft) -> None:
    own: Json = {"multiple": draft.pick(2, 4, 8, 16)}
    if draft.chance(2):
        own["below"] = {"bytes": draft.pick(32, 64, 128, 256), "multiple": draft.pick(3, 16, 32)}
    draft.rule()["plane_rows"] = own


def when(draft: Draft) -> None:
    conditions: list[Json] = [{"rotate": [0, 180]}, {"crop": False}, {"scale": True}, {"codec": ["h264"]}]
    draft.rule()["when"] = draft.pick(*conditions)
    draft.use().update(
        draft.pick(
            {"rotate": 90}, {"crop": "2x2+0+0"}, {"scale": "8x8"}, {"codec": "h264"}, {"how_often": "rarely"}
        )
    )


def rotate(draft: Draft) -> None:
    """Ports that turn pictures, each with rules that may say other angles for themselves."""
    for _ in range(draft.pick(1, 2, 3)):
        draft.port()["rotate"] = draft.pick([0, 180], [0, 90, 180, 270], [90])
    for _ in range(draft.pick(0, 1, 1, 2)):
        draft.rule()["when"] = {"rotate": draft.pick([0], [90], [0, 90], [180, 270])}
    for _ in range(draft.pick(1, 2)):
        draft.use()["rotate"] = draft.pick(90, 180, 180, 270)


def colours(draft: Draft) -> None:
    for _ in range(draft.pick(1, 2)):
        draft.rule()["colours"] = draft.pick(["bt601"], ["bt709"], ["bt601", "bt709"])


def tiled(draft: Draft) -> None:
    modifier = draft.pick(*TILED)
    for _ in range(draft.pick(1, 2, 3)):
        draft.rule()["modifiers"] = draft.pick([modifier], ["LINEAR", modifier])
    if draft.chance(4):
        draft.buffer()["modifiers"] = draft.pick([modifier], ["LINEAR"])


def modified(draft: Draft) -> None:
    """Tiles, headers, metadata, columns or control surfaces, and memory that has room for them."""
    modifier, forms = draft.pick(*MODIFIED)
    form = draft.pick(*forms)
    buffer = draft.buffer()
    for rule in _rules_of(draft, buffer):
        rule["formats"] = sorted({*rule["formats"], form})
        rule["modifiers"] = draft.pick([modifier], [modifier], [modifier], ["LINEAR", modifier])
        if "SAND" in modifier and draft.chance(2):
            heights = draft.pick({"min": 9}, {"max": 12}, {"times_height": {"min": "3/2", "max": 3}})
            rule["column_height"] = heights
    if draft.chance(3):
        buffer["modifiers"] = draft.pick([modifier], ["LINEAR", modifier])
    if "formats" in buffer:
        buffer["formats"] = sorted({*buffer["formats"], form})
    _enlarge(draft)


def opaque(draft: Draft) -> None:
    """A modifier that only a driver understands, and a heap whose exporter does."""
    modifier = draft.pick("INVALID", "INVALID", "ACME_TILED")
    for rule in _rules_of(draft, draft.buffer()):
        rule["modifiers"] = draft.pick([modifier], [modifier], ["LINEAR", modifier])
    for heap in draft.heaps.values():
        heap["via"] = draft.pick("drm", "drm", "v4l2", "vendor", "dma-heap")
    for device in draft.devices.values():
        if not draft.chance(8):
            device["driver"] = draft.pick("one", "one", "one", "another")


def _enlarge(draft: Draft) -> None:
    """Room for tiles; what lies apart begins at 64 KiB."""
    draft.memory["m0"]["size"] = 57344 if "m2" in draft.memory else draft.pick(57344, 262144)
    for name in ("m1", "m2"):
        size = draft.memory.get(name, {}).get("size")
        if isinstance(size, int) and not draft.chance(3):
            draft.memory[name]["size"] = 16 * size


def _rules_of(draft: Draft, buffer: Json) -> Iterator[Json]:
    """The rules of every port that could touch a buffer."""
    uses = [each.get("port", "") for each in (*buffer["written_by"], *buffer["read_by"])]
    for device in draft.devices.values():
        for name, port in device["ports"].items():
            if f"{device['kind']}.{name}" in uses:
                yield from port["images"]


def port_bytes(draft: Draft) -> None:
    draft.port()["bytes"] = draft.pick(
        {"max": draft.pick(64, 128, 256)}, {"multiple": draft.pick(32, 96, 100)}
    )


def base(draft: Draft) -> None:
    draft.port()["base"] = {"multiple": draft.pick(64, 128, 256)}


def raw(draft: Draft) -> None:
    buffer = draft.buffer()
    buffer["bytes"] = draft.pick(1, 60, 64, 100, 300)
    for use in [*buffer["written_by"], *buffer["read_by"]]:
        for device in draft.devices.values():
            for port in device["ports"].values():
                if use.get("port", "").startswith(device["kind"]) and not draft.chance(6):
                    port["images"] = []
