"""reads: what stands at the paths of a rule, and None where nothing does."""

from __future__ import annotations

from heapwright.solver.constraints.reads import reader
from heapwright.solver.question.pipeline import Buffer
from tests.builders import buffer


def test_readers_of_several_types_are_read_each_as_far_as_it_goes() -> None:
    either = {"any_of": ["display.scanout", "gpu.sample"]}
    spec = Buffer.model_validate(buffer(read_by=[{"port": "cpu.read", "rotate": 90}, either]))
    assert reader(("read_by.*.rotate",))(spec) == ((90, None),)
    [found] = reader(("read_by.*.any_of",))(spec)
    assert found[0] is None
    assert len(found[1]) == 2


def test_what_lies_under_nothing_or_under_a_number_is_nothing() -> None:
    spec = Buffer.model_validate(buffer(rate=30))
    assert reader(("formats.first", "rate.numerator", "read_by.#"))(spec) == (None, None, 1)
