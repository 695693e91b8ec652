"""What a run took place on: the machine, the versions and the commit."""

import hashlib
import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from compare.registry.project import PROJECT_ROOT
from compare.registry.services import PACKAGES
from compare.results.model import Machine
from compare.running.processes import CORES


def machine() -> Machine:
    """Describe this machine, and how busy it is right now."""
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        processor=_processor(),
        cores=CORES,
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        python=platform.python_version(),
        load_average_before=round(psutil.getloadavg()[0], 2),
    )


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Give the versions of packages, of those that serve requests; absent ones are left out."""
    installed = {}
    for package in packages:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            continue
    return installed


def lock_sha256() -> str:
    """Give the hash of the lock that the versions were installed from, or "unknown"."""
    try:
        return hashlib.sha256((PROJECT_ROOT / "requirements.lock").read_bytes()).hexdigest()
    except OSError:
        return "unknown"


def commit() -> str:
    """Give the commit of the checkout, or "unknown".

    When files differ from it, "-dirty-" and a hash of the difference follow.
    """
    if not (PROJECT_ROOT / ".git").exists():
        return "unknown"
    try:
        name, changes = _git("rev-parse", "--short=12", "HEAD"), _git("status", "--porcelain")
        digest = hashlib.sha256((changes + _git("diff", "HEAD")).encode()).hexdigest()
        return f"{name}-dirty-{digest[:8]}" if changes else name
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(*arguments: str) -> str:
    command = ("git", "-C", str(PROJECT_ROOT), *arguments)
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=10)
    return answer.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
