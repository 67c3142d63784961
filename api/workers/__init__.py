"""Questions asked in processes of their own: bounded in memory and time, cancelled at once, none left behind.

    with WorkerPool(2, memory=512 << 20) as pool:
        asked = submit(pool, question, seconds=11, on_improved=lambda plan: ...)
        asked.cancel()                 # or:
        answer = asked.result().answer

    question.py    what is asked, in a form that is cheap to send; boards that were read are kept
    asking.py      a question, or a chunk of them, put to a pool; what is known where a process was ended
    pool.py        `WorkerPool`, a `concurrent.futures.Executor`: N warm processes, and the thread that watches them
    process.py     one of these processes, from outside
    working.py     the same from inside: calls come in, reports and results go out

Processes are made by `forkserver` of multiprocessing: a small process without threads has everything imported and
forks one in milliseconds, so that a worker may be killed whenever a question must end, and pages of code and
boards are shared. Nothing is forked from a process that has threads. As with every start method but fork, a script
that makes a pool guards what it does by `if __name__ == "__main__"`.

*Memory* is limited by RLIMIT_DATA, to so much beyond what a fresh worker has: it counts what a process
may write for itself, at the moment it asks for it. RLIMIT_AS would count libraries and what allocators only reserve
too, and a watched PSS is known too late where a gigabyte is taken in a second. Python and some libraries say that
there is no more; others abort, so SIGABRT counts as the same. Workers are the first that the
kernel ends where memory of the machine runs out.

*Ends*: a worker whose parent is gone is killed by the kernel, however the parent went: the pipe between them
signals its end by SIGKILL (F_SETSIG). Ctrl-C is left to the parent, which ends its workers.

Studies and the service put their own functions to a pool with `WorkerPool.call`; functions that report
(`working.report`) run in any other executor as well, where nobody listens.
"""
