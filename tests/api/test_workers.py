"""Calls and questions in processes of their own: ended, cancelled, killed, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, as_completed, wait
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

import heapwright
from heapwright.api.workers import working
from heapwright.api.workers.asking import AnswerText, ask_each, submit, submit_chunk
from heapwright.api.workers.pool import WorkerEnded, WorkerPool, WorkersUnavailable
from heapwright.api.workers.question import Packed, PackedQuestion, _KeptValues
from heapwright.api.workers.working import Call
from heapwright.platforms.errors import InputError, UnknownPlatform
from heapwright.solver.answer.plan import Infeasible, Plan, Undecided
from tests.api import calls
from tests.unit.solver.test_search import crowded

MIB = 1 << 20
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SOON = 30.0
"""Seconds in which everything here is done, on a busy machine too."""


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2, memory=256 * MIB) as pool:
        yield pool


def question(board: str = "acme-one", example: str = "record-and-preview", **more: Any) -> PackedQuestion:
    return PackedQuestion.of(board, heapwright.load_pipelines([EXAMPLES / f"{example}.yaml"]), **more)


def searched(**options: Any) -> PackedQuestion:
    """One that needs a search in which better plans are found."""
    platform, asked = crowded(20)
    return PackedQuestion.of(platform, [asked], options=heapwright.Options(engine="cpsat", **options))


def happens(what: Callable[[], bool]) -> bool:
    """Whether something comes true, sooner or later."""
    last = time.monotonic() + SOON
    while not what() and time.monotonic() < last:
        time.sleep(0.01)
    return what()


def lives(process: int) -> bool:
    """Whether there is a process, and it is no zombie."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def children() -> set[int]:
    """Processes that are ours and ended, or not."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found |= set(map(int, (task / "children").read_text().split()))
    return found


def test_an_answer_is_the_one_of_this_process(pool: WorkerPool) -> None:
    asked = [
        question(board, example)
        for board in ("acme-one", "rk3399")
        for example in ("playback", "composition")
    ]
    told = [submit(pool, one) for one in asked]
    for one, task in zip(asked, told, strict=True):
        platform, pipelines, _ = one.unpacked()
        assert task.result(SOON).answer == heapwright.solve(platform, pipelines)


def test_a_board_of_ones_own_is_sent(pool: WorkerPool) -> None:
    asked = searched()
    answer = submit(pool, asked).result(SOON).answer
    assert isinstance(answer, Plan) and answer.status == "optimal" and answer.platform == asked.names[0]


def test_what_is_wrong_with_a_question_comes_as_it_was_raised(pool: WorkerPool) -> None:
    with pytest.raises(UnknownPlatform) as unknown:
        submit(pool, question("acme-two")).result(SOON)
    assert unknown.value.name == "acme-two" and "acme-one" in unknown.value.boards
    with pytest.raises(InputError) as wrong:
        submit(pool, question(pins=["frame:heap=nowhere"])).result(SOON)
    assert "nowhere" in wrong.value.problems[0].message


def test_what_is_raised_says_where(pool: WorkerPool) -> None:
    with pytest.raises(ZeroDivisionError) as wrong:
        pool.submit(calls.fail).result(SOON)
    assert "calls.py" in wrong.value.__notes__[0]
    with pytest.raises(TypeError, match="cannot be sent"):
        pool.submit(calls.unsendable).result(SOON)


def test_better_plans_are_told_of_as_they_are_found(pool: WorkerPool) -> None:
    told: list[AnswerText] = []
    answer = submit(pool, searched(), on_improved=told.append).result(SOON).answer
    plans = [one.answer for one in told]
    assert len(plans) > 1 and isinstance(answer, Plan)
    assert all(isinstance(plan, Plan) and plan.status == "feasible" for plan in plans)
    values = [[level.value for level in plan.levels] for plan in (*plans, answer) if isinstance(plan, Plan)]
    assert values == sorted(values, reverse=True)


def test_of_a_killed_worker_the_best_plan_and_its_bounds_are_left(pool: WorkerPool) -> None:
    told: list[AnswerText] = []

    def kill(plan: AnswerText) -> None:
        told.append(plan)
        for number in pool.numbers:
            os.kill(number, signal.SIGKILL)

    answer = submit(pool, searched(), on_improved=kill).result(SOON).answer
    known = told[-1].answer
    assert isinstance(answer, Plan) and isinstance(known, Plan)
    assert (answer.placements, answer.levels) == (known.placements, known.levels)
    assert answer.limited_by == "process" and "SIGKILL" in answer.warnings[-1]
    whole = submit(pool, searched()).result(SOON).answer  # by the workers that took their place
    assert isinstance(whole, Plan) and whole.status == "optimal"
    for level, best in zip(answer.levels, whole.levels, strict=True):
        assert level.bound <= best.value
        if level.bound < level.value:
            break


def test_a_call_is_ended_at_its_deadline_whatever_it_does(pool: WorkerPool) -> None:
    before = pool.numbers
    told: list[str] = []
    late = [
        pool.call(Call(calls.spin), seconds=0.2),
        pool.call(Call(calls.say_and_sleep, ("half",)), seconds=0.2, on_report=told.append),
    ]
    for task, known in zip(late, (None, "half"), strict=True):
        with pytest.raises(WorkerEnded, match=r"after 0\.2 s") as ended:
            task.result(SOON)
        assert (ended.value.why, ended.value.reported) == ("deadline", known)
    assert told == ["half"]
    assert pool.submit(calls.sleep, 0, "next").result(SOON) == "next"
    assert happens(lambda: not any(map(lives, before)))


def test_a_question_without_a_plan_at_its_deadline_is_undecided(pool: WorkerPool) -> None:
    answer = submit(pool, question(), seconds=0.0).result(SOON).answer
    assert isinstance(answer, Undecided) and answer.limited_by == "wall"
    assert answer.pipelines == ("record-and-preview",)


def test_a_call_is_cancelled_while_it_works(pool: WorkerPool) -> None:
    began = threading.Event()
    task = pool.call(Call(calls.say_and_sleep, ("begun",)), on_report=lambda _: began.set())
    assert began.wait(SOON)
    before = pool.numbers
    assert task.cancel() and task.cancelled()
    with pytest.raises(CancelledError):
        task.result(SOON)
    assert wait([task], SOON).done == {task}
    assert happens(lambda: sum(map(lives, before)) == 1)
    assert len({pool.submit(calls.sleep, 0, n).result(SOON) for n in range(4)}) == 4


def test_what_is_cancelled_before_it_is_begun_is_never_done(tmp_path: Path) -> None:
    with WorkerPool(1) as one:
        first = one.submit(calls.sleep, 0.2)
        second = one.submit(os.mkdir, str(tmp_path / "made"))
        assert second.cancel()
        assert wait([first, second], SOON).not_done == set()
    assert not (tmp_path / "made").exists()


def test_memory_is_limited_and_what_is_known_is_left(pool: WorkerPool) -> None:
    with pytest.raises(WorkerEnded, match="more than 256 MiB") as ended:
        pool.call(Call(calls.take, (1024 * MIB, "known"))).result(SOON)
    assert (ended.value.why, ended.value.reported) == ("memory", "known")
    assert pool.submit(calls.take, 200 * MIB).result(SOON) == 200  # below its limit, and by a fresh worker


def test_a_question_that_needs_too_much_memory_is_undecided() -> None:
    with WorkerPool(1, memory=1 * MIB) as small:
        answer = submit(small, question("rk3588", "camera-wall")).result(SOON).answer
    assert isinstance(answer, Undecided) and answer.limited_by == "memory"
    assert "1 MiB of memory" in answer.text


def test_a_worker_that_keeps_much_is_replaced() -> None:
    with WorkerPool(1, memory=64 * MIB) as small:
        first = small.submit(calls.process).result(SOON)
        assert small.submit(calls.process).result(SOON) == first
        small.submit(calls.keep, 40 * MIB).result(SOON)
        assert small.submit(calls.process).result(SOON) != first


@pytest.mark.parametrize(
    ("number", "why"), [(signal.SIGKILL, "died"), (signal.SIGSEGV, "died"), (signal.SIGABRT, "memory")]
)
def test_a_worker_that_dies_is_named_with_its_cause_and_replaced(
    pool: WorkerPool, number: int, why: str
) -> None:
    with pytest.raises(WorkerEnded, match=signal.Signals(number).name) as ended:
        pool.submit(calls.die, int(number)).result(SOON)
    assert ended.value.why == why
    assert happens(lambda: len(pool.numbers) == 2)
    assert pool.submit(calls.sleep, 0, "next").result(SOON) == "next"


def test_in_a_chunk_what_was_answered_before_the_end_is_kept(pool: WorkerPool) -> None:
    good, unknown = question(), question("acme-two")
    found = submit_chunk(pool, [good, unknown, good]).result(SOON)
    assert isinstance(found[0], AnswerText) and isinstance(found[1], UnknownPlatform)
    assert isinstance(found[2], AnswerText) and found[2].json == found[0].json
    assert [type(one) for one in ask_each([good, unknown])] == [AnswerText, UnknownPlatform]
    hard = question("rpi4-bcm2711", "camera-wall", options=heapwright.Options())
    killed = submit_chunk(pool, [good, *[hard] * 2000], seconds=2.0).result(SOON)
    assert isinstance(killed[0], AnswerText) and isinstance(killed[-1], WorkerEnded)


def test_workers_killed_at_random_lose_no_question_and_leave_nothing() -> None:
    random = Random("workers/kill")
    with WorkerPool(1):
        pass  # what forks workers stays
    opened, ours = len(os.listdir("/proc/self/fd")), children()
    seen: set[int] = set()
    with WorkerPool(3, memory=256 * MIB) as pool:
        tasks = [
            submit(pool, random.choice([question(), searched(), question("rk3399", "playback")]))
            for _ in range(60)
        ]
        over = threading.Event()

        def kill() -> None:
            while not over.wait(random.uniform(0.0, 0.2)):
                numbers = pool.numbers
                seen.update(numbers)
                with suppress(ProcessLookupError, IndexError):
                    os.kill(random.choice(numbers), signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        ends = [task.exception(120.0) for task in tasks]
        over.set()
        killer.join()
    assert all(end is None or (isinstance(end, WorkerEnded) and end.why == "died") for end in ends)
    assert any(end is None for end in ends) and len(seen) > 4
    assert not any(map(lives, seen))
    assert children() == ours
    assert len(os.listdir("/proc/self/fd")) == opened
    assert [thread.name for thread in threading.enumerate() if "workers" in thread.name] == []


def test_a_pool_that_is_left_by_an_error_ends_at_once() -> None:
    pool = WorkerPool(2)
    tasks = [pool.submit(calls.spin) for _ in range(4)]
    assert happens(lambda: len(pool.numbers) == 2)
    numbers = pool.numbers
    with pytest.raises(KeyboardInterrupt), pool:
        raise KeyboardInterrupt
    assert all(task.cancelled() for task in tasks)
    assert happens(lambda: not any(map(lives, numbers)))


def test_a_closed_pool_takes_nothing_and_has_done_what_it_took() -> None:
    with WorkerPool(1) as one:
        tasks = [one.submit(calls.sleep, 0, n) for n in range(5)]
    assert [task.result(0) for task in tasks] == [0, 1, 2, 3, 4]
    with pytest.raises(WorkersUnavailable, match="closed"):
        one.submit(calls.process)


def test_workers_that_cannot_start_are_an_error_not_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "work", calls.gone)
    with WorkerPool(2) as none, pytest.raises(WorkersUnavailable, match="exit status 7"):
        none.submit(calls.process).result(SOON)


def test_a_pool_is_an_executor_as_others_are(pool: WorkerPool) -> None:
    assert [*pool.map(calls.sleep, [0] * 20, range(20))] == [*range(20)]
    tasks = [pool.submit(calls.sleep, 0, value=n) for n in range(20)]
    assert {task.result() for task in as_completed(tasks, SOON)} == {*range(20)}
    with pytest.raises(ZeroDivisionError):
        pool.call(Call(calls.say_and_sleep, (0,)), on_report=lambda n: 1 // n).result(SOON)


def test_values_that_are_kept_are_bounded() -> None:
    kept = _KeptValues(1000)
    packed = [Packed.of(bytes([n]) * 300) for n in range(5)]
    first = kept.value(packed[0])
    assert kept.value(packed[0]) is first
    for one in packed:
        kept.value(one)
    assert kept.size <= 1000 and kept.value(packed[0]) is not first
    large = Packed.of(bytes(2000))
    assert kept.value(large) == bytes(2000) and kept.size == 0


PARENT = """
import sys, time
from heapwright.api.workers.pool import WorkerPool
from tests.api import calls

def main():
    with WorkerPool(2) as pool:
        tasks = [pool.submit(calls.spin), pool.submit(calls.sleep, 600)]
        numbers = set()
        while len(numbers) < 2:
            numbers = {*pool.numbers}
        while pool.waiting:
            time.sleep(0.01)
        print(*numbers, flush=True)
        tasks[0].result()

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_however_a_parent_ends_no_worker_outlives_it(number: int, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    ) as parent:
        assert parent.stdout is not None
        workers = [int(word) for word in parent.stdout.readline().split()]
        assert len(workers) == 2 and all(map(lives, workers))
        parent.send_signal(number)
        parent.wait(SOON)
        assert happens(lambda: not any(map(lives, workers)))


def test_an_infeasible_question_is_answered_with_its_conflict(pool: WorkerPool) -> None:
    answer = submit(pool, question("rk3588", "record-and-preview")).result(SOON).answer
    assert isinstance(answer, Infeasible) and answer.conflict
