"""Random collections: our answer beside that system's own algorithm.

Where it answers, we give the same answer; where it fails, we fail too, unless
the failure is one of its known gaps and our answer keeps every statement.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from . import model, sound
from .cases import Node, environment, read_world
from .files import OURS
from .negotiate import Answer, Failure, Negotiation

DATA = json.loads(OURS.read_text())
WORLD = read_world(DATA)
FORMATS = ("R8G8B8A8", "B8G8R8A8", "B8G8R8", "R5G6B5", "NV12", "I420", "YUY2")


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that state any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


sizes = st.tuples(st.sampled_from((1, 30, 64, 200, 256)), st.sampled_from((1, 20, 64, 100, 256)))
usages = st.sampled_from(
    (
        {"cpu": ["read_often", "write_often"]}, {"cpu": ["read"]}, {"display": ["layer"]}, {"vulkan": ["sampled"]},
        {"vulkan": ["transfer_dst"]}, {"video": ["hw_decoder"]}, {"none": True}, {"cpu": ["write"], "display": ["layer"]},
    )
)  # fmt: skip
counts = optional(
    camping=st.integers(0, 4), dedicated_slack=st.integers(0, 2), shared_slack=st.integers(0, 2),
    min=st.integers(0, 6), max=st.integers(1, 12),
)  # fmt: skip
memories = optional(
    min_size=st.sampled_from((0, 4096, 30000, 65536)),
    max_size=st.sampled_from((65536, 400000, 1 << 20)),
    contiguous=st.booleans(),
    domains=optional(cpu=st.booleans(), ram=st.booleans(), inaccessible=st.booleans()),
    heaps=st.lists(st.sampled_from(("system_ram", "cma", "goldfish_device_local")), min_size=1, max_size=3, unique=True),
)


@st.composite
def images(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to three formats, or none in particular."""
    formats = draw(st.lists(st.sampled_from(FORMATS), max_size=3, unique=True))
    if not formats and draw(st.booleans()):
        formats = ["DO_NOT_CARE"]
    return [draw(image(name)) for name in formats]


@st.composite
def image(draw: st.DrawFn, name: str) -> dict[str, Any]:
    rgb = WORLD.formats[name].colour == "rgb" if name in FORMATS else draw(st.booleans())
    known = ["SRGB", "PASSTHROUGH"] if rgb else ["REC709", "REC601_PAL", "PASSTHROUGH"]
    colours = draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
    found = draw(
        optional(
            min_size=sizes,
            max_size=st.sampled_from(((64, 64), (255, 255), (1000, 1000))),
            min_bpr=st.sampled_from((1, 100, 300)),
            max_bpr=st.sampled_from((256, 1000, 5000)),
            max_area=st.sampled_from((4096, 50000, 100000)),
            size_align=st.sampled_from(((1, 1), (2, 4), (16, 8), (32, 1))),
            bpr_divisor=st.sampled_from((1, 3, 16, 64, 96, 256)),
            bpr_at_pixel=st.booleans(),
            required_max_list=st.lists(sizes, max_size=2),
            required_min=sizes,
            alpha=st.booleans(),
        )
    )
    if name not in FORMATS:
        colours = ["DO_NOT_CARE"]
    if draw(st.integers(0, 3)):
        found.pop("required_min", None)
        found.pop("alpha", None)
    return {"formats": [[name, "LINEAR"]], "color_spaces": colours, **found}


participants = st.fixed_dictionaries({"usage": usages, "count": counts, "mem": memories, "images": images()})


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(participants, min_size=1, max_size=3))
def test_we_answer_as_that_system_does(stated: list[dict[str, Any]]) -> None:
    nodes = [
        Node.model_validate({"id": f"p{n}", "type": "participant", "constraints": json.loads(json.dumps(said))})
        for n, said in enumerate(copy.deepcopy(stated))
    ]
    negotiation = Negotiation(WORLD, environment(WORLD), nodes, "v2")
    ours = negotiation.settle()
    try:
        theirs = model.negotiate(stated, DATA)
    except model.Fail as failure:
        event(f"fails: {failure}{', a gap' if failure.gap else ''}")
        if isinstance(ours, Answer):
            assert failure.gap, failure
            assert not sound.broken(ours, WORLD, negotiation.limits)
        return
    event("answers")
    assert not isinstance(ours, Failure), ours
    assert not sound.broken(ours, WORLD, negotiation.limits)
    assert (ours.placement.count, ours.variant.heap, ours.variant.domain) == (theirs["count"], theirs["heap"], theirs["domain"])
    if "format" not in theirs:
        assert ours.size_bytes == theirs["size"]
    elif ours.pair == (theirs["format"], "LINEAR"):
        assert ours.size_bytes <= theirs["size"]
        assert ours.placement.colour is not None
        assert ours.placement.colour.partition("/")[0] == theirs["colour"]
    else:
        assert ours.size_bytes <= theirs["size"]
