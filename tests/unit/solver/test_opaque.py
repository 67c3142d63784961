"""Images that only a driver can lay out: what ports say of extents and bytes still holds."""

from __future__ import annotations

import pytest

from heapwright.platforms.fourcc.formats import pixel_formats
from heapwright.platforms.fourcc.modifiers import parse_modifier
from heapwright.platforms.values import Extent
from heapwright.solver.layout.layout import Demand
from heapwright.solver.layout.modifiers import opaque

SHAPE = opaque.shape(pixel_formats()["XR24"], parse_modifier("INVALID"))


# 6 x 4 pixels of 4 bytes are 96 bytes; -1 is what an extent that a port refuses asks for.
@pytest.mark.parametrize(("most", "fits"), [(None, True), (96, True), (95, False), (-1, False)])
def test_an_opaque_image_is_no_larger_than_its_ports_take(most: int | None, fits: bool) -> None:
    need = Demand(Extent(6, 4))
    need.bytes_max = most
    assert SHAPE is not None
    assert (SHAPE.lay(need, 1) is not None) == fits
