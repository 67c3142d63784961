"""Cases of one image's layout: a writer's stride and plane offsets at given sizes.

As everywhere, images of tiles have no rows of bytes: only their size is compared.
"""

from __future__ import annotations

from math import lcm
from typing import Any, Final

from pydantic import ConfigDict, ValidationError

from heapwright import Options, solve
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plan
from heapwright.solver.question.pipeline import Pipeline

from .cases import Facts, Open, Size, Whole, World, unknown_keys
from .names import fourcc, modifier_name
from .negotiate import Negotiation, Waiting, waits_for
from .party import LINEAR, UNLIMITED, power_of_two
from .reading import Malformed, words
from .rules import LARGEST
from .wanted import UnknownKey, spelt

_ROWS: Final = ("min_row_bytes", "bytes_per_row", "plane_offsets", "plane_row_bytes")


class Check(Open):
    """One size, and what is known of the image; an `error` wants that there is none."""

    model_config = ConfigDict(extra="allow", strict=True)

    width: Whole | None = None
    height: Whole | None = None
    size: Size | None = None
    error: str | bool = False
    min_row_bytes: Whole | None = None
    bytes_per_row: Whole | None = None
    plane_offsets: list[Whole] | None = None
    plane_row_bytes: list[Whole] | None = None
    image_size: Whole | None = None


class LayoutCase(Open):
    """A format, a modifier (none is linear), and the limits of one writer."""

    pixel_format: str | None = None
    """None is no format: an image without one is refused."""
    modifier: str = LINEAR
    checks: list[Check]
    width_range: Size = (1, LARGEST)
    height_range: Size = (1, LARGEST)
    min_size: Size = (0, 0)
    max_size: Size = (UNLIMITED, UNLIMITED)
    size_align: Size = (1, 1)
    bpr_divisor: Whole = 1
    bpr_at_pixel: bool = False
    min_bpr: Whole = 0
    max_bpr: Whole | None = None
    id: str = ""
    api: str = "v2"


def layout(world: World, case: dict[str, Any]) -> list[str]:
    """What is wrong with our layout at each of the sizes.

    Raises:
        Malformed: the case is none, or its format is not in the file.
        UnknownKey: it says something that we cannot read.
        Waiting: DRM has no such modifier.
    """
    try:
        said = LayoutCase.model_validate(case)
    except ValidationError as error:
        raise Malformed(words(error, "layout")) from error
    unknown = [*unknown_keys(said)]
    if unknown:
        raise UnknownKey(", ".join(dict.fromkeys(unknown)))
    if not said.checks:
        raise Malformed("checks: there are none")
    refused = _refused(case, said)
    if refused is not None:
        return [f"wanted a plan, got none: {refused}" for check in said.checks if not check.error]
    if said.pixel_format is None or said.pixel_format not in world.formats:
        raise Malformed(f"pixel_format: the file has no format {said.pixel_format}")
    pair = (said.pixel_format, spelt(said.modifier) or LINEAR)
    if not Negotiation.solvable(pair):
        raise Waiting(waits_for(pair[1]))
    facts, wrong = world.formats[said.pixel_format], []
    for check in said.checks:
        wrong += _check(_rule(said, pair, facts), facts, check, pair[1] == LINEAR)
    return wrong


def _refused(case: dict[str, Any], said: LayoutCase) -> str | None:
    """Why that system's interface takes no such statement; ours may be wider."""
    if said.pixel_format is None:
        if "pixel_format" not in case:
            raise Malformed("layout.pixel_format: field required")
        return "no format"
    sides = (side or 1 for side in said.size_align) if said.api == "v1" else said.size_align
    return None if all(map(power_of_two, sides)) else "an alignment that is no power of two"


def _rule(said: LayoutCase, pair: tuple[str, str], facts: Facts) -> dict[str, Any]:
    multiple = lcm(said.bpr_divisor or 1, facts.sample_alignment)
    if said.bpr_at_pixel:
        multiple = lcm(multiple, facts.stride_bytes_per_pixel)
    stride: dict[str, Any] = {"multiple": multiple}
    stride |= {"min": said.min_bpr} if said.min_bpr else {}
    stride |= {"max": said.max_bpr} if said.max_bpr and said.max_bpr < UNLIMITED else {}
    ranges = (said.width_range, said.height_range)
    least = [max(1, low[0], other) for low, other in zip(ranges, said.min_size, strict=True)]
    most = [min(high[1], other, LARGEST) for high, other in zip(ranges, said.max_size, strict=True)]
    return {
        "formats": [fourcc(pair[0])],
        "modifiers": [modifier_name(pair[1])],
        "extent": {
            "min": f"{least[0]}x{least[1]}",
            "max": f"{most[0]}x{most[1]}",
            "multiple": f"{said.size_align[0]}x{said.size_align[1]}",
        },
        "stride": stride,
    }


def _check(rule: dict[str, Any], facts: Facts, check: Check, linear: bool) -> list[str]:
    width, height = check.size or (check.width, check.height)
    if width is None:
        raise Malformed("checks: a check without width or size")
    if height is None:
        height = _some_height(rule, facts)
    found = _image(rule, width, height)
    where = f"{width}x{height}"
    if found is None or check.error:
        agrees = (found is None) == bool(check.error)
        return [] if agrees else [f"{where}: wanted {check.error or 'a plan'}, got {found and 'one'}"]
    ours: dict[str, Any] = {
        "min_row_bytes": found.planes[0].stride,
        "bytes_per_row": found.planes[0].stride,
        "plane_offsets": [plane.offset for plane in found.planes],
        "plane_row_bytes": [plane.stride for plane in found.planes],
        "image_size": found.size,
    }
    wrong = []
    for key, value in ours.items():
        wanted = getattr(check, key)
        if wanted is None or (key in _ROWS and not linear):
            continue
        if value != wanted and (linear or value > wanted):
            wrong.append(f"{where} {key}: wanted {wanted}, got {value}")
    return wrong


def _some_height(rule: dict[str, Any], facts: Facts) -> int:
    """A height that is in nobody's way, where the case speaks of a row alone."""
    least = int(rule["extent"]["min"].partition("x")[2])
    step = lcm(int(rule["extent"]["multiple"].partition("x")[2]) or 1, facts.height_multiple)
    return -(-least // step) * step


def _image(rule: dict[str, Any], width: int, height: int) -> Placement | None:
    """The image of one CPU writer with that rule; None where there is none."""
    port = {"access": "write", "images": [rule], "source": "case file"}
    platform = {
        "schema": "heapwright/platform/1",
        "name": "layout",
        "memory": {"ram": {"base": 0, "size": "1GiB", "source": "case file"}},
        "heaps": {"ram": {"via": "dma-heap", "memory": ["ram"], "cpu": "cached", "source": "case file"}},
        "devices": {
            "cpu": {"kind": "cpu", "dma": {"bits": 64}, "source": "case file", "ports": {"write": port}}
        },
    }
    buffer = {"size": f"{width}x{height}", "formats": rule["formats"], "written_by": "cpu.write"}
    pipeline = {"schema": "heapwright/pipeline/1", "name": "layout", "buffers": {"frame": buffer}}
    try:
        asked = Platform.model_validate(platform), [Pipeline.model_validate(pipeline)]
    except ValidationError:
        return None
    answer = solve(*asked, options=Options(explain=False))
    return answer.placements[0] if isinstance(answer, Plan) else None
