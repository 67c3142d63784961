"""The two kernels that tests boot: fetched or built once, kept by the hash of what they come from.

*stock* is Debian's 6.12 image, unpacked and not installed. *truth* is built from
Debian's newest `linux-source` with `truth.config` and the test module in
`protected/`, which registers three protected heaps on plain memory behind the
kernel's own drivers/tee/tee_heap.c.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

from tests.kernel.needs import Archive, Missing, install

HERE: Final = Path(__file__).parent
STOCK: Final = r"^linux-image-6\.12\.[0-9]+\+deb12(\.[0-9]+)?-amd64$"
SOURCE: Final = r"^linux-source-[0-9]+\.[0-9]+$"
HEADERS: Final = "linux-libc-dev"
COMMAND_LINE: Final = "hugepagesz=2M hugepages=100 mitigations=off"
"""Nobody attacks these machines, and what protects from it takes long where a processor is emulated."""


class Kernel(NamedTuple):
    """A kernel ready to boot: its image, and the root of its `lib/modules`."""

    name: str
    version: str
    image: Path
    root: Path
    command_line: str


def cache() -> Path:
    """Where kernels are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "heapwright" / "kernels"


def stock() -> Kernel:
    """Debian's 6.12 image.

    Raises:
        Missing: it cannot be had here.
    """
    install()
    archive = Archive(cache() / "apt")
    names = archive.names(STOCK)
    if not names:
        raise Missing("the archive has no 6.12 kernel image")
    package = max(names, key=_numbers)
    root = cache() / package
    version = package.removeprefix("linux-image-")
    if not (root / "complete").exists():
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        archive.unpack(package, root)
        subprocess.run(["depmod", "-b", str(root), version], check=True)
        (root / "complete").touch()
    return Kernel("stock", version, root / "boot" / f"vmlinuz-{version}", root, COMMAND_LINE)


def truth() -> Kernel:
    """The kernel of our own configuration, built where it is not there yet.

    Raises:
        Missing: its source or what builds it cannot be had here.
    """
    install()
    archive = Archive(cache() / "apt")
    package = max(archive.names(SOURCE), key=_numbers, default="")
    if not package:
        raise Missing("the archive has no kernel source")
    digest = hashlib.sha256(f"{package} {archive.version(package)}".encode())
    for file in (HERE / "truth.config", *sorted((HERE / "protected").iterdir())):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    root = cache() / f"truth-{digest.hexdigest()[:16]}"
    if not (root / "complete").exists():
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        _build(archive, package, root)
        (root / "complete").touch()
    version = next((root / "lib" / "modules").iterdir()).name
    return Kernel("truth", version, root / "boot" / f"vmlinuz-{version}", root, f"cma=160M {COMMAND_LINE}")


def headers() -> Path:
    """The kernel's headers for programs, from the release that the source comes from.

    Raises:
        Missing: they cannot be had here.
    """
    install()
    archive = Archive(cache() / "apt")
    root = cache() / f"headers-{archive.version(HEADERS).replace(':', '_')}"
    if not (root / "complete").exists():
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        archive.unpack(HEADERS, root)
        (root / "complete").touch()
    return root / "usr" / "include"


def _build(archive: Archive, package: str, root: Path) -> None:
    work = cache() / "build"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    archive.unpack(package, work)
    subprocess.run(["tar", "xf", str(next(work.glob("usr/src/*.tar.xz"))), "-C", str(work)], check=True)
    source, out = work / package, work / "out"
    _make(source, out, "tinyconfig")
    merge = [
        "scripts/kconfig/merge_config.sh", "-m", "-O", str(out), str(out / ".config"), str(HERE / "truth.config")
    ]  # fmt: skip
    subprocess.run(merge, cwd=source, check=True, stdout=subprocess.DEVNULL)
    _make(source, out, "olddefconfig")
    _check_config(out / ".config")
    print("building the kernel: about ten minutes on two cores, the first time", flush=True)
    _make(source, out, "bzImage", "modules")
    module = work / "protected"
    shutil.copytree(HERE / "protected", module)
    _make(source, out, f"M={module}", "modules")
    _make(source, out, f"INSTALL_MOD_PATH={root}", "modules_install")
    _make(source, out, f"M={module}", f"INSTALL_MOD_PATH={root}", "modules_install")
    version = (out / "include" / "config" / "kernel.release").read_text().strip()
    subprocess.run(["depmod", "-b", str(root), version], check=True)
    (root / "lib" / "modules" / version / "build").unlink(missing_ok=True)
    (root / "boot").mkdir()
    shutil.copy(out / "arch/x86/boot/bzImage", root / "boot" / f"vmlinuz-{version}")
    shutil.rmtree(work)


def _check_config(built: Path) -> None:
    """Every symbol that we ask for must have been taken."""
    have = set(built.read_text().splitlines())
    asked = [line for line in (HERE / "truth.config").read_text().splitlines() if line.startswith("CONFIG_")]
    lost = [line for line in asked if not line.endswith("=n") and line not in have]
    lost += [
        line for line in asked if line.endswith("=n") and any(h.startswith(line[:-1] + "y") for h in have)
    ]
    if lost:
        raise Missing(f"this kernel source does not take {', '.join(lost)}")


def _make(source: Path, out: Path, *targets: str) -> None:
    environment = {
        **os.environ,
        "CCACHE_DIR": str(cache() / "ccache"),
        "KBUILD_BUILD_TIMESTAMP": "2026-01-01",
        "KBUILD_BUILD_USER": "heapwright",
        "KBUILD_BUILD_HOST": "heapwright",
    }
    jobs = f"-j{os.cpu_count() or 1}"
    log = out.parent / "build.log"
    command = ["make", "-s", f"O={out}", jobs, "CC=ccache gcc", "HOSTCC=ccache gcc", *targets]
    out.mkdir(exist_ok=True)
    with log.open("a") as sink:
        done = subprocess.run(command, cwd=source, env=environment, stdout=sink, stderr=sink, check=False)
    if done.returncode:
        raise Missing(f"make {targets[-1]} failed; the end of {log}:\n{log.read_text()[-3000:]}")


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name))
