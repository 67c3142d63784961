"""`python -m tests.kernel [stock] [truth]`: the tests that ask a real kernel, in machines of their own.

Exit codes: 0 all passed, 1 a test failed or a machine died, 2 a kernel cannot be had here.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import Final

from tests.kernel import vm
from tests.kernel.kernels import Kernel, stock, truth
from tests.kernel.needs import Missing

KERNELS: Final[dict[str, Callable[[], Kernel]]] = {"stock": stock, "truth": truth}
SECONDS: Final = 900


def main(asked: list[str]) -> int:
    """Run the guest's tests on the kernels asked for, or on both."""
    if unknown := [name for name in asked if name not in KERNELS]:
        print(f"no kernel {', '.join(unknown)}; there are {', '.join(KERNELS)}", file=sys.stderr)
        return 2
    failed = 0
    for name in asked or KERNELS:
        try:
            kernel = KERNELS[name]()
        except Missing as missing:
            print(missing, file=sys.stderr)
            return 2
        failed += _tested(kernel)
    return 1 if failed else 0


def _tested(kernel: Kernel) -> bool:
    """Whether the guest's tests failed on this kernel; what they said is printed."""
    print(f"booting {kernel.name}: linux {kernel.version}", flush=True)
    started = time.monotonic()
    shared = vm.scratch(kernel.name)
    guest = "tests/kernel/guest"
    folders = [
        f"{guest}/both",
        *([f"{guest}/{kernel.name}"] if (vm.ROOT / guest / kernel.name).is_dir() else []),
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *folders]
    code, output = vm.run(kernel, command, shared, SECONDS)
    print(output, flush=True)
    print(f"{kernel.name}: {'passed' if code == 0 else f'exit {code}'} in {time.monotonic() - started:.0f} s")
    if code == 0:
        shutil.rmtree(shared)
    return code != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
