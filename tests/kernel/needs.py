"""What the machine must have before a kernel can be built and booted.

As root on Debian everything missing is installed; otherwise the sentence says
exactly what to install. Kernels come from Debian's own archive, through lists of
packages that are kept apart from the machine's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

TOOLS: Final = {
    "qemu-system-x86_64": "qemu-system-x86",
    "flex": "flex",
    "bison": "bison",
    "bc": "bc",
    "cpio": "cpio",
    "xz": "xz-utils",
    "depmod": "kmod",
    "busybox": "busybox-static",
    "ccache": "ccache",
    "make": "make",
    "gcc": "gcc",
    "dpkg-deb": "dpkg",
}
"""Command → Debian package."""
HEADERS: Final = {"/usr/include/gelf.h": "libelf-dev", "/usr/include/openssl/ssl.h": "libssl-dev"}
KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
STOCK_RELEASE: Final = "bookworm-backports"
SOURCE_RELEASE: Final = "trixie-backports"


class Missing(Exception):
    """Something that a test with a kernel needs and that cannot be had here."""


def missing() -> list[str]:
    """Debian packages that are not there."""
    tools = [package for tool, package in TOOLS.items() if shutil.which(tool, path=_path()) is None]
    return sorted({*tools, *(package for header, package in HEADERS.items() if not Path(header).exists())})


def install() -> None:
    """Install what is missing.

    Raises:
        Missing: this is not root, or not Debian.
    """
    packages = missing()
    if not packages:
        return
    line = f"apt-get install --no-install-recommends {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Missing(f"a kernel test needs packages that are not here; as root: {line}")
    print(f"installing {', '.join(packages)}", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-q"], check=True, **quiet)  # type: ignore[call-overload]
    subprocess.run([*line.split(), "-y", "-q"], check=True, **quiet)  # type: ignore[call-overload]
    if left := missing():
        raise Missing(f"still not there after installing: {', '.join(left)}")


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class Archive:
    """Debian's archive, with the two backports releases, in lists of its own below `state`."""

    def __init__(self, state: Path) -> None:
        self.state = state
        for folder in ("lists/partial", "cache/archives/partial"):
            (state / folder).mkdir(parents=True, exist_ok=True)
        sources = state / "sources.list"
        sources.write_text(
            "".join(
                f"deb [signed-by={KEYRING}] {_mirror()} {release} main\n"
                for release in (STOCK_RELEASE, SOURCE_RELEASE)
            )
        )
        self._options = [
            "-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=-",
            "-o", f"Dir::State::Lists={state / 'lists'}", "-o", f"Dir::Cache={state / 'cache'}",
            "-o", "APT::Sandbox::User=root",
        ]  # fmt: skip
        self._updated = False

    def _update(self) -> None:
        if not self._updated:
            _run("apt-get", *self._options, "update", "-q")
            self._updated = True

    def names(self, pattern: str) -> list[str]:
        """Packages whose name matches, as the archive has them today."""
        self._update()
        found = _run("apt-cache", *self._options, "search", "--names-only", pattern)
        return sorted(line.split(" ", 1)[0] for line in found.splitlines())

    def version(self, package: str) -> str:
        """The version that would be fetched."""
        self._update()
        policy = _run("apt-cache", *self._options, "policy", package)
        return next(line.split()[1] for line in policy.splitlines() if "Candidate:" in line)

    def unpack(self, package: str, into: Path) -> None:
        """Fetch a package and unpack it, without installing it."""
        self._update()
        print(f"fetching {package}", flush=True)
        debs = self.state / "debs"
        shutil.rmtree(debs, ignore_errors=True)
        debs.mkdir()
        _run("apt-get", *self._options, "download", package, cwd=debs)
        _run("dpkg-deb", "-x", str(next(debs.glob("*.deb"))), str(into))
        shutil.rmtree(debs)


def _mirror() -> str:
    """Where this machine's own Debian packages come from."""
    found = _run("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)")
    sites = [line.split()[0] for line in found.splitlines() if line.endswith(" main")]
    if not sites:
        raise Missing("no Debian archive among this machine's package sources")
    return next((site for site in sites if not site.rstrip("/").endswith("security")), sites[0])


def _run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"{' '.join(command[:1])} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
