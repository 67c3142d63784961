"""What each statement becomes, seen in the answer of the smallest collection that makes it."""

from __future__ import annotations

from typing import Any

import pytest

from . import late_participants
from .cases import Node, environment
from .files import read_cases
from .names import modifier_name
from .negotiate import Answer, Failure, Negotiation, Waiting

WORLD, _ = read_cases()
CPU = {"cpu": ["read_often", "write_often"]}
RAW = {"min_size": 4096}


def party(name: str = "a", parent: str | None = None, **said: Any) -> dict[str, Any]:
    """A CPU participant that wants one buffer."""
    return {
        "id": name,
        "type": "participant",
        "parent": parent,
        "constraints": {"usage": CPU, "count": {"min": 1}, **said},
    }


def group(name: str, parent: str) -> dict[str, Any]:
    return {"id": name, "type": "group", "parent": parent}


def image(fmt: str = "R8G8B8A8", modifier: str | None = None, **said: Any) -> dict[str, Any]:
    return {"formats": [[fmt, modifier]], "color_spaces": ["SRGB"], **said}


def settle(*nodes: dict[str, Any], api: str = "v2", **env: Any) -> Answer | Failure:
    return negotiation(*nodes, api=api, **env).settle()


def negotiation(*nodes: dict[str, Any], api: str = "v2", **env: Any) -> Negotiation:
    return Negotiation(WORLD, environment(WORLD, env), [Node.model_validate(node) for node in nodes], api)


def answer(*nodes: dict[str, Any], **said: Any) -> Answer:
    found = settle(*nodes, **said)
    assert isinstance(found, Answer), found.reason
    return found


def images(*stated: dict[str, Any]) -> Answer:
    """The answer to participants with one alternative each."""
    return answer(*(party(f"p{n}", images=[said]) for n, said in enumerate(stated)))


def test_what_is_held_adds_up_and_shared_slack_does_not() -> None:
    one = {"camping": 1, "dedicated_slack": 3, "shared_slack": 2}
    assert answer(party("a", count=one, mem=RAW), party("b", count=one)).placement.count == 10


def test_slack_gives_way_to_a_maximum() -> None:
    found = answer(
        party("a", count={"camping": 2, "dedicated_slack": 2}, mem=RAW), party("b", count={"max": 3})
    )
    assert (found.placement.count, found.dropped) == (3, 1)


def test_nobody_who_asks_for_a_buffer_is_refused() -> None:
    assert isinstance(settle(party(count={}, mem=RAW)), Failure)


@pytest.mark.parametrize(("api", "ok"), [("v1", True), ("v2", False)])
def test_a_maximum_of_0_is_none_in_v1_and_wrong_in_v2(api: str, ok: bool) -> None:
    assert isinstance(settle(party(count={"min": 1, "max": 0}, mem=RAW), api=api), Answer) == ok


def test_the_server_has_no_more_than_64_buffers() -> None:
    assert isinstance(settle(party(count={"camping": 65}, mem=RAW)), Failure)
    assert isinstance(settle(party(count={"camping": 65}, mem=RAW), max_buffers=65), Answer)


def test_v1_works_with_the_cpu_domain_only_unless_it_says_more() -> None:
    gpu = {"vulkan": ["sampled"]}
    hidden = party("b", usage=gpu, mem={"domains": {"cpu": False, "ram": False, "inaccessible": True}})
    assert isinstance(settle(party("a", usage=gpu, mem=RAW), hidden, api="v1"), Failure)
    assert answer(party("a", usage=gpu, mem=RAW), hidden).variant.domain == "inaccessible"


def test_heaps_are_permitted_by_all_instances_apart() -> None:
    both = party("a", mem=RAW | {"heaps": ["system_ram", {"type": "cma", "id": 0}]})
    assert answer(both, party("b", mem={"heaps": [["cma", 0]]})).variant.heap == "cma"
    assert isinstance(settle(both, party("b", mem={"heaps": [["cma", 7]]})), Failure)


def test_a_protected_heap_takes_only_who_opted_in() -> None:
    decoder = party("a", usage={"video": ["hw_decoder"]}, mem=RAW | {"secure_required": True})
    gpu = party("b", usage={"vulkan": ["sampled"]})
    watcher = party("c", usage={"none": True}, count={})
    assert answer(decoder, watcher).variant.heap == "amlogic_secure"
    assert isinstance(settle(decoder, gpu), Failure)


def test_a_base_alignment_needs_contiguity() -> None:
    mem = RAW | {"contiguous": True, "min_physical_base_alignment": 65536}
    found = answer(party(usage={"display": ["layer"]}, mem=mem))
    assert found.variant.whole
    assert found.placement.allocated == 65536
    assert isinstance(settle(party(mem=mem | {"contiguous": False})), Failure)


def test_none_usage_may_be_allowed_to_allocate_alone() -> None:
    assert isinstance(settle(party(usage={"none": True}, mem=RAW)), Failure)
    assert isinstance(settle(party(usage={"none": ["none", "permit_allocation"]}, mem=RAW)), Answer)


def test_an_image_grows_to_the_smallest_buffer_anyone_takes() -> None:
    found = answer(party(mem={"min_size": 30000, "max_size": 30000}, images=[image(min_size=[10, 10])]))
    assert (found.size_bytes, found.placement.size) == (30000, 30000)
    assert isinstance(
        settle(party(mem={"min_size": 30000}, images=[image()]), party("b", mem={"max_size": 29999})), Failure
    )


def test_stride_divisors_meet_in_their_multiple() -> None:
    # 100 x 4 = 400 bytes; lcm(64, 96) = 192; 400 rounded up to 192 is 576
    found = images(image(min_size=[100, 1], bpr_divisor=64), image(bpr_divisor=96))
    assert found.layouts[0].strides == (576,)


def test_whole_pixels_make_12_of_4_for_three_bytes() -> None:
    # 65 x 3 = 195 bytes; lcm(4, 3) = 12; 195 rounded up to 12 is 204
    assert images(image("B8G8R8", min_size=[65, 1], bpr_divisor=4, bpr_at_pixel=True)).layouts[0].strides == (
        204,
    )


def test_sizes_round_up_to_the_largest_alignment() -> None:
    assert images(image(min_size=[17, 3], size_align=[4, 8]), image(size_align=[16, 1])).layouts[0].size == (
        32,
        8,
    )


def test_required_images_are_each_laid_out() -> None:
    # portrait and landscape of two participants: never the square of both
    found = images(image(required_max=[500, 1000], bpr_divisor=512), image(required_max=[1000, 500]))
    assert [layout.size for layout in found.layouts] == [(500, 1000), (1000, 500)]
    assert found.size_bytes == 2048 * 1000


def test_an_area_bounds_the_height() -> None:
    area = image(max_area=100 * 100)
    assert isinstance(
        settle(party(images=[area, image("NV12") | {"color_spaces": ["REC709"], "min_size": [2, 2]}])), Answer
    )
    assert isinstance(settle(party(images=[area]), party("b", images=[image(min_size=[100, 101])])), Failure)
    assert images(area, image(min_size=[100, 100])).layouts[0].size == (100, 100)


def test_the_smallest_image_must_be_no_larger_than_required() -> None:
    assert isinstance(
        settle(party(images=[image(min_size=[64, 64])]), party("b", images=[image(required_min=[32, 64])])),
        Failure,
    )
    assert images(image(min_size=[64, 64]), image(required_min=[64, 64])).size_bytes == 64 * 64 * 4


def test_paddings_are_the_largest_not_their_sum() -> None:
    block = image(min_size=[4, 5], max_size=[64, 64], pad_block=[4, 4])
    found = images(block, image(pad_beyond=40), image(pad_beyond=50))
    # 16 bytes a row: 5 rows are 80 bytes, 8 rows 128; 80 + 50 is less after than before rounding, at most 130
    assert (found.size_bytes, found.padded) == (80, 130)


def test_blocks_need_a_bounded_width_and_one_plane() -> None:
    assert isinstance(settle(party(images=[image(min_size=[4, 4], pad_block=[1, 4])])), Failure)
    planar = image("NV12", min_size=[4, 4], max_size=[64, 64], pad_block=[4, 4]) | {
        "color_spaces": ["REC709"]
    }
    assert isinstance(settle(party(images=[planar])), Failure)


def test_the_best_colour_space_in_common_is_taken() -> None:
    wide = image("NV12", min_size=[2, 2]) | {"color_spaces": ["REC601_PAL", "PASSTHROUGH", "REC709"]}
    narrow = image("NV12") | {"color_spaces": ["PASSTHROUGH", "REC601_PAL"]}
    assert images(wide, narrow).colour == "REC601_PAL"


def test_who_does_not_care_takes_what_the_others_name() -> None:
    loose = {"formats": [["DO_NOT_CARE", "DO_NOT_CARE"]], "color_spaces": ["DO_NOT_CARE"]}
    assert images(loose, image(min_size=[1, 1])).pair == ("R8G8B8A8", "LINEAR")
    assert isinstance(settle(party(images=[loose | {"min_size": [1, 1]}])), Failure)


def test_alpha_must_be_agreed_on() -> None:
    meant = image(min_size=[1, 1], alpha=True)
    assert images(meant, image()).placement.colour == "SRGB/alpha"
    assert isinstance(settle(party(images=[meant]), party("b", images=[image(alpha=False)])), Failure)


@pytest.mark.parametrize(
    "said",
    [
        {"size_align": [3, 1]}, {"display_align": [1, 0]}, {"bpr_divisor": 0}, {"start_offset_divisor": 8192},
        {"color_spaces": []}, {"color_spaces": ["REC709"]}, {"required_max_list": [[0, 4]]}, {"formats": []},
        {"formats": [["INVALID", None]]}, {"formats": [["R8G8B8A8", "INVALID"]]},
    ],
)  # fmt: skip
def test_malformed_images_are_refused(said: dict[str, Any]) -> None:
    assert isinstance(settle(party(images=[image(min_size=[4, 4]) | said])), Failure)


@pytest.mark.parametrize(
    "said",
    [
        {"mem": RAW | {"heaps": []}}, {"mem": RAW | {"domains": {"cpu": False}}},
        {"mem": RAW | {"secure_required": True}}, {"usage": {}}, {"usage": {"none": True, "cpu": ["read"]}},
        {"mem": {"min_size": 2, "max_size": 1}},
    ],
)  # fmt: skip
def test_contradictory_participants_are_refused(said: dict[str, Any]) -> None:
    assert isinstance(settle(party(**{"mem": RAW} | said)), Failure)


def test_a_parent_group_outranks_the_groups_below_and_beside_it() -> None:
    tree = [party("root", mem=RAW), group("g", "root"), party("g0", "g"), party("g1", "g")]
    tree += [group("h", "g0"), party("h0", "h", mem={"max_size": 1}), party("h1", "h")]
    tree += [group("k", "root"), party("k0", "k"), party("k1", "k")]
    assert answer(*tree).choices == {"g": "g0", "h": "h1", "k": "k0"}


def test_a_lone_group_of_devices_is_an_any_of() -> None:
    tree = [party("root", mem=RAW), group("g", "root")]
    tree += [
        party(name, "g", usage={"display": ["layer"]}, mem={"heaps": [heap]})
        for name, heap in (("x", "moon"), ("y", "cma"))
    ]
    found = answer(*tree)
    assert [len(slot) for slot in found.cast.slots] == [1, 2]
    assert (found.choices, found.variant.heap) == ({"g": "y"}, "cma")


def test_seven_groups_of_two_are_not_too_many_for_us() -> None:
    tree = [party("root", mem=RAW)]
    for n in range(7):
        tree += [
            group(f"g{n}", "root"),
            party(f"no{n}", f"g{n}", mem={"max_size": 1}),
            party(f"yes{n}", f"g{n}"),
        ]
    assert set(answer(*tree).choices.values()) == {f"yes{n}" for n in range(7)}


def test_a_late_participant_must_find_everything_as_it_is() -> None:
    first = party("a", count={"camping": 1, "min": 2}, images=[image(min_size=[100, 100])])
    for stated, ok in (
        ({"count": {"camping": 1}}, True),
        ({"count": {"camping": 2}}, False),
        ({"images": [image(bpr_divisor=16)]}, True),
        ({"images": [image(bpr_divisor=64)]}, False),
        ({"images": [image(min_size=[101, 1])]}, False),
        ({"mem": {"heaps": ["cma"]}}, False),
    ):
        newcomer = party("late", "a", **{"count": {}} | stated) | {"attached": "after_allocation"}
        asked = negotiation(first, newcomer)
        found = asked.settle()
        assert isinstance(found, Answer)
        assert late_participants.attach(asked, found) == {"late": ok}, stated


def test_modifiers_are_spelt_as_drm_spells_them() -> None:
    assert (
        modifier_name("ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TILED_HEADER")
        == "ARM_AFBC(16x16,SPLIT,SPARSE,YTR,TILED)"
    )
    assert modifier_name("ARM_AFBC_16X16_TE") != modifier_name("ARM_AFBC_16X16")
    assert modifier_name("ARM_AFBC_MOON") == "ARM_AFBC_MOON"


def test_compressed_images_are_laid_out() -> None:
    # One superblock: a header of 16 bytes to 64, 16 × 16 × 4 bytes of body.
    found = answer(party(images=[image(modifier="ARM_AFBC_16X16", min_size=[4, 4])]))
    assert (found.placement.modifier, found.placement.size) == ("ARM_AFBC(16x16)", 64 + 1024)


def test_a_compression_that_drm_does_not_have_waits() -> None:
    with pytest.raises(Waiting, match="layout of ARM_AFBC_16X16_TE"):
        settle(party(images=[image(modifier="ARM_AFBC_16X16_TE", min_size=[4, 4])]))


def test_contiguous_memory_comes_from_its_pool() -> None:
    display = party(usage={"display": ["layer"]}, mem={"min_size": 8 << 20, "contiguous": True})
    assert isinstance(settle(display, contiguous_pool_free=(8 << 20) - 1), Failure)
    assert answer(display, contiguous_pool_free=8 << 20).variant.whole
