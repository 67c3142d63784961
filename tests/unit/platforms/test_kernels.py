"""A board on another kernel: heaps that come and go, and the names they are opened by."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import heapwright
from heapwright.allocator.hardware import present_heaps
from heapwright.platforms.catalog import board_names, load_platform, platform_from, summaries
from heapwright.platforms.errors import InputError
from heapwright.platforms.kernels import has, on_kernel, there, together, version_of
from heapwright.platforms.schema import HeapName
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.board.board import Board
from heapwright.solver.question.load import load_pipelines
from tests import builders
from tests.examples import EXAMPLES


def versions() -> st.SearchStrategy[str]:
    """Versions that are close to each other: what is compared differs late, or not at all."""
    numbers = st.lists(st.sampled_from([0, 1, 2, 9, 10]), min_size=1, max_size=4)
    return numbers.map(lambda parts: ".".join(map(str, parts)))


def padded(version: str) -> list[int]:
    """The reference: four numbers, those left out are 0."""
    return [int(part) for part in [*version.split("."), "0", "0", "0"][:4]]


def stands(kernel: str, since: str | None, until: str | None) -> bool:
    after = since is None or padded(since) <= padded(kernel)
    return after and not (until is not None and padded(until) <= padded(kernel))


@given(versions(), st.none() | versions(), st.none() | versions())
def test_a_kernel_has_what_came_and_has_not_gone(kernel: str, since: str | None, until: str | None) -> None:
    thing = HeapName(name="x", since=since, until=until)
    assert has(kernel, since, until) is there(thing, kernel) is stands(kernel, since, until)


@given(st.lists(st.tuples(st.none() | versions(), st.none() | versions()), min_size=1, max_size=3))
def test_things_are_together_if_some_kernel_has_them_all(ends: list[tuple[str | None, str | None]]) -> None:
    # What came last is there from then on, so the kernels that brought something are all that need be tried.
    kernels = ["0", *(since for since, _ in ends if since is not None)]
    some = any(all(stands(kernel, *each) for each in ends) for kernel in kernels)
    assert together(*(HeapName(name="x", since=since, until=until) for since, until in ends)) is some


@given(versions(), st.none() | versions(), st.none() | versions())
def test_solver_and_judge_offer_the_heaps_of_the_kernel(
    kernel: str, since: str | None, until: str | None
) -> None:
    assume(since is None or until is None or padded(since) < padded(until))
    limits = {name: end for name, end in (("since", since), ("until", until)) if end is not None}
    platform = builders.board(heaps={"h": builders.heap("dram", **limits)}, kernel=kernel)
    expected = stands(kernel, since, until)
    assert ("h" in Board(platform).heaps) is ("h" in present_heaps(platform)) is expected


@pytest.mark.parametrize(
    ("release", "version"),
    [("6.12.95+deb12-amd64", "6.12.95"), ("7.3.4-truth", "7.3.4"), ("rolling", None), ("", None)],
)
def test_a_release_begins_with_its_version(release: str, version: str | None) -> None:
    assert version_of(release) == version


def cma(kernel: str, board: str = "qemu-virt-arm64") -> tuple[str, ...]:
    return load_platform(board, kernel=kernel).heaps["cma"].names


@pytest.mark.parametrize(
    ("kernel", "names"),
    [
        ("7.2", ("default_cma_region", "reserved")),
        ("6.17", ("default_cma_region", "reserved")),
        ("6.17.0", ("default_cma_region", "reserved")),
        ("6.16.12", ("reserved",)),
        ("6.12.107", ("reserved",)),
    ],
)
def test_the_default_cma_heap_has_a_fixed_name_since_6_17(kernel: str, names: tuple[str, ...]) -> None:
    # linux-6.17:Documentation/userspace-api/dma-buf-heaps.rst: before, only the name of the area.
    assert cma(kernel) == names


def test_a_board_with_a_device_tree_area_opens_that_before_6_17() -> None:
    assert cma("6.12", "am62a7-sk") == ("linux,cma",)
    assert cma("7.2", "am62a7-sk") == ("default_cma_region", "linux,cma")


def test_without_a_wish_every_name_of_the_profile_is_tried() -> None:
    assert load_platform("acme-one").kernel == "6.12"
    assert load_platform("acme-one").heaps["cma"].names == ("default_cma_region", "linux,cma", "reserved")


def test_both_names_are_one_pool_on_either_kernel() -> None:
    new, old = load_platform("acme-one", kernel="7.2"), load_platform("acme-one", kernel="6.12")
    assert set(new.heaps) == set(old.heaps)
    assert new.heaps["cma"].memory == old.heaps["cma"].memory == ("cma",)


@pytest.mark.parametrize(("kernel", "first"), [("6.12", "linux,cma"), ("6.18", "default_cma_region")])
def test_an_answer_says_what_to_open_first_on_that_kernel(kernel: str, first: str) -> None:
    pipelines = load_pipelines([EXAMPLES / "record-and-preview.yaml"])
    answer = heapwright.solve(load_platform("acme-one", kernel=kernel), pipelines)
    assert isinstance(answer, Plan)
    assert answer.placements[0].heap == "cma"
    assert answer.placements[0].names[0] == first


def test_a_heap_that_the_kernel_lacks_takes_nothing() -> None:
    # TEE heaps are new in 6.18 (linux-7.2.13:drivers/tee/tee_heap.c; absent in 6.12).
    pipelines = load_pipelines([EXAMPLES / "protected-playback.yaml"])
    new = heapwright.solve(load_platform("tee-protected", kernel="6.18"), pipelines)
    old = heapwright.solve(load_platform("tee-protected", kernel="6.17"), pipelines)
    assert isinstance(new, Plan)
    assert isinstance(old, Infeasible)


@pytest.mark.parametrize("name", board_names())
def test_the_kernel_a_profile_states_changes_nothing_but_names(name: str) -> None:
    board = load_platform(name)
    again = on_kernel(board, str(board.kernel))
    assert again.kernel == board.kernel
    for heap, other in zip(board.heaps.values(), again.heaps.values(), strict=True):
        assert set(other.names) <= set(heap.names)
        assert other.model_copy(update={"nodes": heap.nodes}) == heap


@pytest.mark.parametrize("kernel", ["", "six", "6.", "6.12-rc1", "٦", "1.2.3.4.5", "6.12\n"])
def test_what_is_no_version_is_refused(kernel: str) -> None:
    with pytest.raises(InputError, match=r"expected a kernel version such as 6\.12"):
        load_platform("acme-one", kernel=kernel)


def test_an_unknown_kernel_has_everything() -> None:
    assert there(HeapName(name="x", since="6.17"), "unknown")
    assert not there(HeapName(name="x", since="6.17"), "6.9")
    assert not there(HeapName(name="x", until="6.17"), "6.17")


def test_a_name_cannot_be_gone_before_it_came() -> None:
    def board(**fields: str) -> dict[str, Any]:
        heap = {"via": "dma-heap", "memory": "unknown", "cpu": "cached", "source": "-"}
        names = [{"name": "cma", **fields}]
        return {"schema": "heapwright/platform/1", "name": "b", "heaps": {"h": {**heap, "names": names}}}

    assert platform_from(board(since="6.1", until="6.2")).heaps["h"].names == ("cma",)
    with pytest.raises(InputError, match=r"the name would be gone in 6\.1, before it came in 6\.2"):
        platform_from(board(since="6.2", until="6.1"))
    with pytest.raises(InputError, match=r"heaps\.h\.names\[0\]\.since"):
        platform_from(board(since="new"))


@pytest.mark.parametrize("summary", summaries(), ids=lambda summary: summary.name)
def test_a_list_says_what_the_whole_board_says(summary: Any) -> None:
    board = load_platform(summary.name)
    assert (board.name, board.title, board.kernel) == summary
