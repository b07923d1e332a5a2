"""The CPU: what most runs run on."""

import platform
from pathlib import Path

from livesegment.doctor.finding import Finding, Topic, ok, warn
from livesegment.threads.cores import usable_cores

CPUINFO = Path("/proc/cpuinfo")
QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Of a container: microseconds it may use, of how many; "max" for all."""

INSTRUCTIONS = {
    "avx2": "AVX2",
    "avx512f": "AVX-512",
    "avx512_vnni": "VNNI",
    "avx512_bf16": "bf16",
    "amx_bf16": "AMX",
    "asimd": "NEON",
    "bf16": "bf16",
}
"""Flag in /proc/cpuinfo -> how people call it; those that engines gain by."""


def findings(cpuinfo: Path = CPUINFO, quota: Path = QUOTA) -> list[Finding]:
    """Rows for the CPU, and for the share of it that a container gets."""
    cores = usable_cores()
    name, flags = _described(cpuinfo)
    known = list(dict.fromkeys(word for flag, word in INSTRUCTIONS.items() if flag in flags))
    says = f"{name}, {cores} cores" + (f"; {', '.join(known)}" if known else "")
    slow = flags and platform.machine().lower() in {"x86_64", "amd64"} and "avx2" not in flags
    rows = [
        warn(
            Topic.PROCESSOR,
            "CPU",
            f"{says}; no AVX2, so networks run several times slower",
            "`livesegment --camera 0 --model motion` needs no network; or a smaller --input-size",
        )
        if slow
        else ok(Topic.PROCESSOR, "CPU", says)
    ]
    share = _share(quota)
    if share is not None and cores and share < cores - 0.01:
        rows.append(
            warn(
                Topic.PROCESSOR,
                "container",
                f"may use {share:g} of {cores} cores, which engines do not know",
                f"--threads {max(1, int(share))}, or give the container more",
            )
        )
    return rows


def _described(cpuinfo: Path) -> tuple[str, frozenset[str]]:
    """Name and flags of the first core; no flags where they are not told."""
    try:
        lines = cpuinfo.read_text("utf-8", "replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine(), frozenset()
    facts = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    flags = facts.get("flags") or facts.get("Features") or ""
    return facts.get("model name") or platform.machine(), frozenset(flags.split())


def _share(quota: Path) -> float | None:
    """Cores that this container may use; None for all."""
    try:
        used, period = quota.read_text("ascii").split()[:2]
        return int(used) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None
