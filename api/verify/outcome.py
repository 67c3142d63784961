"""Whether the profile and the kernel agree on a cell."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from heapwright.allocator.linux.observe.grades import Observation
from heapwright.api.verify.cells import Cell
from heapwright.api.verify.prediction import Expectation, Prediction


class Outcome(StrEnum):
    AGREES = "agrees"
    LUCK = "luck"
    DISAGREES = "disagrees"
    OPEN = "open"
    """The profile does not know, or the kernel does not look."""


class Judged(NamedTuple):
    """A cell with both answers; `blamed` are paths of facts that must be wrong."""

    cell: Cell
    prediction: Prediction
    observation: Observation
    outcome: Outcome
    blamed: tuple[str, ...] = ()


def judged(cell: Cell, prediction: Prediction, observation: Observation) -> Judged:
    """The two side by side, nobody blamed yet."""
    return Judged(cell, prediction, observation, _outcome(prediction, observation))


def _outcome(prediction: Prediction, observation: Observation) -> Outcome:
    verdict = prediction.verdict
    foreseen = observation.errno_name in prediction.errnos
    if verdict is Expectation.OPEN:
        return Outcome.OPEN
    if verdict is Expectation.LUCK:
        return Outcome.LUCK if foreseen or not observation.refused else Outcome.DISAGREES
    if verdict is Expectation.WORKS:
        fine = not observation.refused and not observation.wrong_content
        return Outcome.AGREES if fine else Outcome.DISAGREES
    if foreseen or (observation.wrong_content and prediction.silent):
        return Outcome.AGREES
    hidden = prediction.unseen and not observation.refused and not observation.pages
    return Outcome.OPEN if hidden else Outcome.DISAGREES


class Counts(NamedTuple):
    """What `verify` ends with. Open cells are no cells of it: nothing was predicted."""

    cells: int
    refused: int
    luck: int
    disagree: int

    def __str__(self) -> str:
        return (
            f"verify: {self.cells} cells, {self.refused} refused, {self.luck} luck, {self.disagree} disagree"
        )


def summary(found: list[Judged]) -> Counts:
    """Count what was decided."""
    decided = [each for each in found if each.outcome is not Outcome.OPEN]
    return Counts(
        cells=len(decided),
        refused=sum(each.prediction.verdict is Expectation.REFUSED for each in decided),
        luck=sum(each.prediction.verdict is Expectation.LUCK for each in decided),
        disagree=sum(each.outcome is Outcome.DISAGREES for each in decided),
    )
