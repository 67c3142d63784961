"""What a case expects of an answer, key by key.

Numbers of bytes may be smaller than that system's (the answer is sound: see
`sound`); everything else must be the same. A key we do not know is reported,
never skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from .cases import NOTES
from .ground import SYSTEM_RAM
from .negotiate import Answer, Failure, Layout, Negotiation, Waiting, waits_for
from .party import LINEAR
from .translate import Question, alignment

SILENT: Final = NOTES | {
    "outcome", "model_reason", "format_choice_note", "n_format_candidates", "combinations_tried", "error",
    "asserted", "derived", "converter", "attached_outcome",
}  # fmt: skip
"""Keys that are judged elsewhere, or say how that system came to its answer."""
SUFFIXES: Final = ("_ge", "_gt", "_le", "_lt", "_multiple_of")


class UnknownKey(Exception):
    """An expectation that we cannot read."""


class Expectation:
    """The wanted values of one case against one answer."""

    def __init__(self, negotiation: Negotiation, answer: Answer) -> None:
        self.negotiation = negotiation
        self.answer = answer
        self._smallest: Layout | None = None

    def mismatches(self, wanted: dict[str, Any]) -> Iterator[str]:
        """A sentence for every wanted value that the answer does not have.

        Raises:
            UnknownKey: after everything known was compared.
            Waiting: the wanted modifier is one of a later issue.
        """
        yield from self._same_pair(wanted)
        unknown = []
        for key, value in wanted.items():
            if key in SILENT or key in ("pixel_format", "modifier"):
                continue
            check = self._check(key)
            if check is None:
                unknown.append(key)
            elif (found := check(value)) is not None:
                yield f"{key}: wanted {value}, got {found}"
        if unknown:
            raise UnknownKey(", ".join(unknown))

    def _same_pair(self, wanted: dict[str, Any]) -> Iterator[str]:
        """Another format or modifier is as good if the wanted one would do and is no smaller.

        The rest is then compared with our answer for the wanted one.
        """
        ours = self.answer.pair
        if ours is None:
            if wanted.get("pixel_format") or wanted.get("modifier"):
                yield f"pixel_format: wanted {wanted.get('pixel_format')}, got raw data"
            return
        pair = (wanted.get("pixel_format") or ours[0], wanted.get("modifier") or ours[1])
        if pair == ours:
            return
        if pair not in self.answer.cast.common():
            yield f"format: wanted {pair}, got {ours}"
            return
        if not self.negotiation.solvable(pair):
            raise Waiting(waits_for(pair[1]))
        other = self.negotiation.of_pairs(self.answer.cast, (pair,))
        if isinstance(other, Failure) or other.padded < self.answer.padded:
            yield f"format: wanted {pair}, got {ours}"
            return
        self.answer = other

    def _check(self, key: str) -> Callable[[Any], Any] | None:
        """A function from the wanted value to what there is instead, or None where it agrees."""
        named: dict[str, Callable[[Any], Any]] = {
            "heap": lambda v: self._heap(str(v).lower()),
            "domain": lambda v: self._unless(self.answer.variant.domain, v),
            "secure": lambda v: self._unless(self.answer.variant.secure, v),
            "contiguous": self._contiguous,
            "color_space": lambda v: self._unless(self.answer.colour, v),
            "alpha": lambda v: self._unless(self._alpha(), v),
            "min_size": lambda v: self._unless(list(self.smallest.size), list(v)),
            "bytes_per_row_divisor": self._divisor,
            "required_max_list": self._required,
            "layouts": self._layouts,
            "participant_gets_buffers": self._gets_buffers,
            "selected_group_children": lambda v: self._unless({k: self.answer.choices.get(k) for k in v}, v),
            "participants_that_must_fail": lambda v: sorted(self.answer.attached & set(v)) or None,
        }
        if key in named:
            return named[key]
        base, suffix = key, ""
        for ending in SUFFIXES:
            if key.endswith(ending):
                base, suffix = key.removesuffix(ending), ending
        number = self._number(base)
        return None if number is None else lambda v: self._compared(base, suffix, number(), v)

    @staticmethod
    def _unless(found: Any, wanted: Any) -> Any:
        return None if found == wanted else repr(found)

    @property
    def smallest(self) -> Layout:
        """The smallest image that everyone takes: what that system reports as its minima."""
        if self._smallest is None:
            pinned = self.negotiation.pinned(self.answer)
            found = self.negotiation.smallest(self.answer.cast, (1, 1), pinned)
            assert isinstance(found, Answer), "there is a larger one"
            self._smallest = found.layouts[0]
        return self._smallest

    def _number(self, name: str) -> Callable[[], float] | None:
        answer, page = self.answer, self.negotiation.limits.page_size
        return {
            "buffer_count": lambda: answer.placement.count,
            "dropped_slack": lambda: answer.dropped,
            "size_bytes": lambda: answer.size_bytes,
            "padded_bytes": lambda: answer.padded,
            "raw_size": lambda: -(-answer.padded // page) * page,
            "size_pages": lambda: -(-answer.size_bytes // page),
            "raw_pages": lambda: -(-answer.padded // page),
            "padded_over_size": lambda: answer.padded / answer.size_bytes,
            "bytes_per_row": lambda: answer.layouts[0].strides[0],
            "min_bytes_per_row": lambda: self.smallest.strides[0],
        }.get(name)

    def _compared(self, name: str, suffix: str, ours: float, wanted: float) -> Any:
        """None where our number is as wanted, or better."""
        if name.endswith("bytes_per_row") and not self._linear:
            return None
        if suffix in ("_ge", "_gt") and self._tighter(name):
            return None
        agrees = {
            "": ours == wanted if name in ("buffer_count", "dropped_slack") else ours <= wanted,
            "_ge": ours >= wanted,
            "_gt": ours > wanted,
            "_le": ours <= wanted,
            "_lt": ours < wanted,
            "_multiple_of": bool(wanted) and ours % wanted == 0,
        }[suffix]
        return None if agrees else ours

    def _tighter(self, name: str) -> bool:
        """Whether a lower bound is only that system's waste.

        It boxes several required images into one, and pads for any shape a block
        reader may meet; we lay out each image there is.
        """
        if name == "size_bytes":
            return len(self.answer.layouts) > 1
        blocks = any(entry.block[1] > 1 for member in self.answer.members for entry in member.entries)
        return blocks and name in ("padded_bytes", "raw_size", "raw_pages", "padded_over_size")

    @property
    def _linear(self) -> bool:
        """A tiled image has no rows of bytes: only sizes are compared."""
        return self.answer.pair is not None and self.answer.pair[1] == LINEAR

    def _heap(self, wanted: str) -> Any:
        """Of two heaps that all permit, neither system RAM, that system has no favourite: its merging shuffles them."""
        ours = self.answer.variant
        lists = [member.heaps for member in self.answer.members if member.heaps is not None]
        shuffled = (
            SYSTEM_RAM not in (wanted, ours.heap)
            and not ours.secure
            and all(wanted in listed for listed in lists)
        )
        return None if wanted == ours.heap or (lists and shuffled) else repr(ours.heap)

    def _contiguous(self, wanted: bool) -> Any:
        """One run is given to who needs it; a heap that has nothing else is no waste."""
        needed = any(member.contiguous for member in self.answer.members)
        agrees = needed == wanted and (self.answer.one_run or not wanted)
        return None if agrees else f"needed {needed}, {'one run' if self.answer.one_run else 'scattered'}"

    def _alpha(self) -> bool | None:
        """Whether the alpha channel means anything; None where nobody says, or there is none."""
        pair = self.answer.pair
        mark = (self.answer.placement.colour or "").partition("/")[2]
        said = [
            e.alpha for m in self.answer.members for e in m.entries if pair is not None and e.covers(pair)
        ]
        if (
            pair is None
            or not self.negotiation.world.formats[pair[0]].has_alpha_channel
            or set(said) <= {None}
        ):
            return None
        return mark == "alpha"

    def _divisor(self, wanted: int) -> Any:
        """Our strides step as that system's: seen on the image, and on wider ones that need padding."""
        if not self._linear:
            return None
        if wanted < 1 or self.smallest.strides[0] % wanted:
            return f"stride {self.smallest.strides[0]}"
        pair = self.answer.pair
        assert pair is not None
        entries = [e for m in self.answer.members for e in m.entries if e.covers(pair)]
        step = max(alignment(entry, pair[0], self.negotiation.world)[0] for entry in entries)
        least = max(entry.min_bpr for entry in entries)
        pixel = self.negotiation.world.formats[pair[0]].stride_bytes_per_pixel
        for more in (1, 2, 3):
            width = self.smallest.size[0] + more * step
            question = Question(size=(width, self.smallest.size[1]), pairs=(pair,))
            found = self.negotiation.ask(self.answer.cast, question)
            right = -(-max(width * pixel, least) // wanted) * wanted
            if isinstance(found, Answer) and found.layouts[0].strides[0] != right:
                return f"stride {found.layouts[0].strides[0]} at width {width}, not {right}"
        return None

    def _required(self, wanted: list[list[int]]) -> Any:
        sizes = [layout.size for layout in self.answer.layouts]
        missing = [size for size in wanted if not any(w >= size[0] and h >= size[1] for w, h in sizes)]
        return f"no image for {missing}" if missing else None

    def _layouts(self, wanted: list[dict[str, int]]) -> Any:
        """Each wanted image that we laid out, and that none is larger than its largest."""
        for image in wanted:
            for layout in self.answer.layouts:
                if (image["w"], image["h"]) in (layout.asked, layout.size):
                    wide = self._linear and layout.strides[0] > image["bytes_per_row"]
                    if wide or layout.end > image["image_size"]:
                        return f"stride {layout.strides[0]}, {layout.end} bytes"
        largest = max(image["image_size"] for image in wanted)
        return next((layout.end for layout in self.answer.layouts if layout.end > largest), None)

    def _gets_buffers(self, wanted: dict[str, bool]) -> Any:
        found = {name: name in self.answer.attached for name in wanted}
        return self._unless(found, wanted)


def conflict_names(failure: Failure, ids: set[str]) -> set[str]:
    """The participants that a conflict report speaks of."""
    if failure.conflict is None:
        return set()
    texts = [f"{reason.subject} {reason.text}" for reason in failure.conflict.conflict]
    return {name for name in ids if any(f"{name}-" in text for text in texts)}
