"""The Python that runs this."""

import platform
import sys

from livesegment.doctor.finding import Finding, Topic, fail, ok


def findings() -> list[Finding]:
    """One row: version, machine and system."""
    says = f"{platform.python_version()}, {platform.machine()}, {platform.platform(terse=True)}"
    if sys.maxsize < 1 << 32:
        hint = "install the 64-bit Python: there are no wheels of OpenCV or the engines for this"
        return [fail(Topic.PYTHON, "Python", f"{says}, 32 bits", hint)]
    return [ok(Topic.PYTHON, "Python", says)]
