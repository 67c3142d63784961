"""Marks of every sort on the buffers of a draft, and firewalls around ranges of every sort."""

from __future__ import annotations

from tests.property.drafts import SOURCE, Draft, Json


def marked(draft: Draft, plain: int) -> None:
    """Every buffer gets a mark; of those after the first, audiences are drawn beside one that is there.

    `plain`: one buffer in so many is not marked.
    """
    kinds = sorted({device["kind"] for device in draft.devices.values()})
    before: list[str] = []
    for buffer in (each for file in draft.files for each in file.values()):
        audience = beside(draft, kinds, before)
        sort = draft.pick(*["true"] * 6, *["audience"] * 3)
        if draft.chance(plain):
            buffer.pop("protected", None)
        elif sort == "true" or not audience:
            buffer["protected"] = True
        else:
            buffer["protected"] = {"audience": audience}
            before = before or audience


def beside(draft: Draft, kinds: list[str], before: list[str]) -> list[str]:
    """An audience: of everybody, of a few, or the same as one before, narrower, wider, across it, or apart from it."""
    few = draft.random.sample(kinds, max(1, len(kinds) - draft.pick(0, 0, 0, 1, 1, 2)))
    if not before:
        return draft.pick(kinds, few, few)
    outside = [kind for kind in kinds if kind not in before]
    narrower = draft.random.sample(before, draft.random.randint(1, len(before)))
    wider = [*before, *outside[:1]]
    plugged = [f"{each}@OTHER" if each == "display" else each for each in before]
    return draft.pick(before, before, narrower, wider, kinds, [*narrower, *outside[:1]], outside, plugged)


def walled(draft: Draft, name: str) -> None:
    """Give a firewall a range of its own, in most cases: else it is where others allocate as well."""
    heap = draft.heaps[name]
    if draft.chance(6) or "m0" not in draft.memory:
        return
    where = draft.pick("inside", "inside", "inside", "beside", "around", "over")
    part: Json = {"size": draft.pick(512, 1024, 2048), "source": SOURCE}
    if where == "beside":
        part["base"] = 131072 + 4096 * int(name.lstrip("h") or 0)
    elif where == "over":  # memory that is there already, though nothing says so
        part["base"] = draft.memory["m0"]["base"] + draft.pick(0, 1024)
    else:
        part["inside"] = "m0"
    draft.memory[f"w{name}"] = part
    heap["memory"] = [f"w{name}"]
    if where == "around":  # somebody allocates within the wall, or locks a block of it
        draft.memory[f"v{name}"] = {"inside": f"w{name}", "size": 256, "source": SOURCE}
        other = draft.heap()
        if draft.chance(2):
            other["memory"] = [f"v{name}"]
        else:
            other["locks"] = {"from": f"w{name}", "size": 64}
    if draft.chance(10):
        heap["locks"] = {"from": draft.pick("m0", f"w{name}"), "size": draft.pick(64, 512)}
