"""A pool of workers: N warm processes, and one thread that watches them.

All that happens to workers happens in that thread: calls are handed out, reports and results come in, who is late,
cancelled, dead or worn is ended and replaced. Whoever asks only appends to a queue and wakes it.
"""

from __future__ import annotations

import atexit
import os
import pickle
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from math import inf
from time import monotonic
from types import TracebackType
from typing import Any, Final, Generic, Literal, TypeVar

from heapwright.api.workers.process import WorkerProcess, waiting
from heapwright.api.workers.working import Call, Message
from heapwright.platforms.errors import HeapwrightError

MEMORY: Final = 512 << 20
"""Bytes that one question may take, if nothing else is said."""
ATTEMPTS: Final = 5
"""So many workers that end before they are there, one after the other: then there is something wrong."""

T = TypeVar("T")
EndCause = Literal["deadline", "memory", "died"]


class WorkerEnded(HeapwrightError):
    """A call was ended with its process: at its deadline, by its limit of memory, or by somebody else.

    `reported` is the last that it reported, or None.
    """

    def __init__(self, message: str, why: EndCause, reported: Any = None) -> None:
        super().__init__(message)
        self.why = why
        self.reported = reported


class WorkersUnavailable(HeapwrightError):
    """Workers cannot be started, or the pool is closed."""


class Task(Future[T], Generic[T]):
    """A call that was handed in. It may be cancelled as long as it is not done, at work or not."""

    def __init__(
        self,
        call: bytes,
        seconds: float | None,
        on_report: Callable[[Any], None] | None,
        on_end: Callable[[WorkerEnded], T] | None,
    ) -> None:
        super().__init__()
        self.call = call
        self.seconds = inf if seconds is None else seconds
        self.on_report = on_report
        self.on_end = on_end
        self.reported: Any = None
        self.deadline = inf
        self._settled = False

    def heard(self, value: Any) -> None:
        """Something was reported."""
        self.reported = value
        if self.on_report is not None and not self.done():
            try:
                self.on_report(value)
            except Exception as wrong:
                self.fail(wrong)

    def is_wanted(self) -> bool:
        """Whether a result is still waited for; asked once. Who waits for one that was cancelled hears of it."""
        if self._settled:
            return False
        self._settled = True
        return self.set_running_or_notify_cancel()

    def finish(self, value: T) -> None:
        if self.is_wanted():
            self.set_result(value)

    def fail(self, wrong: BaseException) -> None:
        if self.is_wanted():
            self.set_exception(wrong)

    def end(self, ended: WorkerEnded) -> None:
        """The process is gone: what is known is the result, if that is something."""
        if self.on_end is None:
            self.fail(ended)
            return
        try:
            value = self.on_end(ended)
        except Exception as wrong:
            self.fail(wrong)
        else:
            self.finish(value)


class WorkerPool(Executor):
    """Calls done in so many processes, each with a limit of memory in bytes and, if asked for, of seconds.

    Args:
        processes: how many; by default as many as this process may use cores.
        memory: bytes that a call may take beyond what a fresh worker has.
        seconds: after which a call is ended whatever it does, if the call itself does not say; None: never.

    Raises:
        WorkersUnavailable: by what is handed in later, if processes cannot be started.
    """

    def __init__(
        self, processes: int | None = None, *, memory: int = MEMORY, seconds: float | None = None
    ) -> None:
        self.processes = processes or len(os.sched_getaffinity(0))
        self.memory = memory
        self.seconds = seconds
        self._tasks: deque[Task[Any]] = deque()
        self._lock = threading.Lock()
        self._closed = False
        self._killed = False
        self._wakeup = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._workers = _Workers(self)
        self._thread = threading.Thread(target=self._watch, name="heapwright workers", daemon=True)
        self._thread.start()
        atexit.register(self._kill)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Task[T]:
        """As every executor: the result of a function of a module, called in a worker."""
        return self.call(Call(fn, args, tuple(kwargs.items())), seconds=self.seconds)

    def call(
        self,
        call: Call,
        *,
        seconds: float | None = None,
        on_report: Callable[[Any], None] | None = None,
        on_end: Callable[[WorkerEnded], Any] | None = None,
    ) -> Task[Any]:
        """The same, and what to do meanwhile.

        Args:
            seconds: from when it is begun; then its process is killed. None: as the pool says.
            on_report: told what the call reports, in the pool's thread: it must be quick. What it raises ends the call.
            on_end: makes a result of what is known where the process was ended, or raises.

        Raises:
            WorkersUnavailable: the pool is closed.
        """
        most = self.seconds if seconds is None else seconds
        task: Task[Any] = Task(pickle.dumps(call), most, on_report, on_end)
        with self._lock:
            if self._closed:
                raise WorkersUnavailable("the pool of workers is closed")
            self._tasks.append(task)
            self._wake()
        task.add_done_callback(self._wake_if_cancelled)
        return task

    @property
    def numbers(self) -> tuple[int, ...]:
        """Process ids of the workers there are."""
        return tuple([worker.number for worker in [*self._workers.all] if worker.number is not None])

    @property
    def waiting(self) -> int:
        """How many calls are not begun."""
        return len(self._tasks)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more; do what was handed in, or cancel what is not begun; then end all workers."""
        with self._lock:
            self._closed = True
            tasks = [*self._tasks] if cancel_futures else []
            self._wake()
        for task in tasks:
            task.cancel()
        if wait and threading.current_thread() is not self._thread:
            self._thread.join()

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        """Wait for what was handed in; if something was raised, for nothing."""
        if wrong is not None:
            self._kill()
        self.shutdown()

    def _kill(self) -> None:
        """End all that is going on, at once."""
        self._killed = True
        self.shutdown(wait=True, cancel_futures=True)

    def _wake_if_cancelled(self, task: Future[Any]) -> None:
        if task.cancelled():
            with self._lock:
                self._wake()

    def _wake(self) -> None:
        if self._wakeup >= 0:
            os.eventfd_write(self._wakeup, 1)

    def _watch(self) -> None:
        wrong: BaseException | None = None
        try:
            while not (self._killed or (self._closed and self._idle())):
                self._workers.step(self._tasks, self._wakeup)
        except BaseException as raised:
            wrong = raised
        with self._lock:
            self._closed = True
            left = [*self._workers.close(), *self._tasks]
            self._tasks.clear()
            os.close(self._wakeup)
            self._wakeup = -1
        atexit.unregister(self._kill)
        for task in left:
            if wrong is None:
                task.cancel()
                task.is_wanted()
            else:
                task.fail(WorkersUnavailable(str(wrong)))

    def _idle(self) -> bool:
        with self._lock:
            return not self._tasks and not self._workers.busy


class _Workers:
    """The workers of a pool, as its thread sees them."""

    def __init__(self, pool: WorkerPool) -> None:
        self.pool = pool
        self.all: list[WorkerProcess] = []
        self.tasks: dict[int, Task[Any]] = {}
        """What is done now, by number."""
        self.given = 0
        self.failures = 0

    @property
    def busy(self) -> bool:
        return bool(self.tasks)

    def step(self, waiting_tasks: deque[Task[Any]], wakeup: int) -> None:
        """Bring everybody up to date, then wait until something happens."""
        while len(self.all) < self.pool.processes:
            self.all.append(WorkerProcess(self.pool.memory))
        for worker in [*self.all]:
            self._look_after(worker)
        self._hand_out(waiting_tasks)
        pipes = {worker.pipe: worker for worker in self.all}
        if len(pipes) < self.pool.processes:
            return
        soonest = min([task.deadline for task in self.tasks.values()], default=inf)
        ready = waiting([*pipes, wakeup], None if soonest == inf else max(0.0, soonest - monotonic()))
        if wakeup in ready:
            os.eventfd_read(wakeup)
        for pipe, worker in pipes.items():
            if pipe in ready:
                self._listen(worker)

    def close(self) -> list[Task[Any]]:
        """End all workers; what they were doing."""
        left = [*self.tasks.values()]
        for worker in self.all:
            worker.ended(kill=worker.task is not None or not worker.ready)
        self.all.clear()
        self.tasks.clear()
        return left

    def _look_after(self, worker: WorkerProcess) -> None:
        """End a worker whose call is cancelled or late."""
        task = self.tasks.get(worker.task or 0)
        if task is None:
            return
        if task.done():
            self._remove(worker, kill=True)
            task.is_wanted()
        elif monotonic() >= task.deadline:
            self._remove(worker, kill=True)
            text = f"ended at its deadline, after {task.seconds:g} s"
            task.end(WorkerEnded(text, "deadline", task.reported))

    def _hand_out(self, waiting_tasks: deque[Task[Any]]) -> None:
        for worker in self.all:
            while worker.ready and worker.task is None and waiting_tasks:
                task = waiting_tasks.popleft()
                if task.cancelled():
                    task.is_wanted()
                    continue
                self.given += 1
                self.tasks[self.given] = task
                task.deadline = monotonic() + task.seconds
                with suppress(OSError):  # it is gone, which is heard next
                    worker.give(self.given, task.call)

    def _listen(self, worker: WorkerProcess) -> None:
        message = worker.heard()
        task = self.tasks.get(worker.task or 0)
        if message is None:
            self._gone(worker, task)
        elif message.kind == "ready":
            worker.ready, self.failures = True, 0
        elif message.kind == "report":
            if task is not None:
                task.heard(message.value)
        else:
            self._done(worker, task, message)

    def _done(self, worker: WorkerProcess, task: Task[Any] | None, message: Message) -> None:
        self.tasks.pop(worker.task or 0, None)
        worker.task = None
        if message.worn:
            self._remove(worker, kill=False)
        if task is None:
            return
        if message.kind == "memory":
            text = f"more than {self.pool.memory >> 20} MiB of memory were needed"
            task.end(WorkerEnded(text, "memory", task.reported))
        elif message.kind == "raised":
            task.fail(message.value)
        else:
            task.finish(message.value)

    def _gone(self, worker: WorkerProcess, task: Task[Any] | None) -> None:
        how = self._remove(worker, kill=True)
        if not worker.ready:
            self.failures += 1
            if self.failures >= ATTEMPTS:
                raise WorkersUnavailable(f"{ATTEMPTS} worker processes ended before they were ready: {how}")
        if task is not None:
            why: EndCause = "memory" if how.endswith("SIGABRT") else "died"
            limit = f"{self.pool.memory >> 20} MiB"
            cause = f", as where more than its {limit} of memory are needed" if why == "memory" else ""
            task.end(WorkerEnded(f"the worker process was ended by {how}{cause}", why, task.reported))

    def _remove(self, worker: WorkerProcess, *, kill: bool) -> str:
        self.all.remove(worker)
        self.tasks.pop(worker.task or 0, None)
        return worker.ended(kill=kill)
