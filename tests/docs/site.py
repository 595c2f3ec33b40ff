"""The packages that the pages name, made up, and what an index needs to hold for their requirements to install."""

from __future__ import annotations

from pytest_airproof.packages import Wheel

REQUIREMENTS = "paramiko\npsutil\n"
PYNACL = Wheel("pynacl", "1.6.0", requires=("cffi>=1.4",))
HEALTHY: tuple[Wheel, ...] = (
    Wheel("paramiko", "5.1.0", requires=("pynacl>=1.5", "cryptography>=3.3")),
    Wheel("cryptography", "46.0.0", requires=("cffi>=1.14",)),
    Wheel("cffi", "2.0.0"),
    Wheel("psutil", "7.2.0"),
    PYNACL,
)
BROKEN = tuple(package for package in HEALTHY if package is not PYNACL)
"""One package was not carried in."""
