"""The version of a pip goes in; how this pip reads an index and chooses a file comes out."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from packaging.version import Version

from airproof.probes.interpreters.host import Host


class PipBehaviour(msgspec.Struct, frozen=True):
    """Differences between the versions of pip in reading an index and choosing a file.

    Each bound was measured by the differential test, or read in pip's own source. The defaults stand for a target
    whose pip is not known: of each difference the way that most pips in use have.
    """

    takes_early: bool = False
    """Take a pre-release if nothing else meets a bound, as PEP 440 says and pip does from 26 on; older versions do so
    only if no bound is given.
    """
    takes_yanked: bool = False
    """Take a yanked release if no other would do, even if no requirement pins it: until 22 (PEP 592)."""
    takes_old: bool = True
    """Take a wheel whose requirements are written as before PEP 508: until 24.1, from which on pip passes over it. The
    same versions read a Requires-Python such as `>=3.6.*`, which newer ones treat as no restriction.
    """
    passes_over_builds: bool = False
    """Go on to another version where a source distribution does not build, until 22.0 (measured, 20.3.4 and 22.0.4)."""
    yanks_bare: bool = False
    """`data-yanked` without a value yanks a file, until 22 (html5lib); later versions ignore it."""
    build_first: bool = False
    """Prefer the greater build tag to the better tag, of two wheels of one version: until 21.1."""
    reads_json: bool = True
    """Read pages in JSON (PEP 691), from 22.2 on; older versions ask for HTML and ignore everything else."""
    takes_any_text: bool = False
    """Read a page in HTML whatever its charset, until 22 (html5lib). Later versions decode it as its header says, or as
    UTF-8, and fail with a traceback if they cannot (measured, 22.2.2 to 26.3).
    """
    reads_beside: bool = True
    """Read the METADATA beside a wheel (PEP 658), from 22.3 on; if it is announced, the wheel's own is not read."""
    new_announcement: bool = True
    """Read the announcement of PEP 714, `core-metadata`, from 23.2 on, besides the older name."""
    compares_beside: bool = False
    """Refuse a wheel whose own METADATA differs from the METADATA beside it, from 26.2 on."""
    first_hash: bool = True
    """Take the first of several hashes in JSON, of whatever kind, from 22.3 on; before, the strongest of the known
    kinds.
    """
    fragments: str = "exact"
    """How a hash is read in a URL's fragment: `hex` until 22.3 (digits and small letters after `sha256=`, wherever that
    stands), `rest` until 23.1 (all that follows), then `exact`: a part of its own.
    """
    heeds_empty: bool = False
    """Treat a hash without a value as one that no file has, from 26.3 on; older versions ignore it."""
    takes_capitals: bool = True
    """Treat a hash in capital letters as the same hash, from 24.2 on."""
    names: str = "strict"
    """How a wheel's file name is read: `loose` until 22.3 (a pattern that takes dashes in any part), `plain` until 25.3
    (a pattern without them), then `strict`, as packaging reads it.
    """
    extras_see: str = "all"
    """The requirements of `a` in view of which the release of `a[x]` is chosen: `none` (20.3.4), `pins` that another
    extra of `a` sets (22.2.2: `_iter_explicit_candidates_from_base`), or `all`, from 23.3 on.
    """
    literal_extras: bool = False
    """Compare the name of a requested extra with the written one, letter by letter, until 23.2: `a[x_y]` then finds no
    `x-y`, and a wheel's `FOO` is never found. Later versions compare normalised names (PEP 685; measured, 20.3 to
    26.3).
    """
    forgets_pin: bool = False
    """Forget that `a[x]` and `a` are of one version if `a` requires itself: until 21.1. Of several requirements of one
    release on one project, that resolver kept the last (resolvelib 0.5.4, `_get_criteria_to_update`; measured, 20.3.4).
    """
    jumps_far: bool = False
    """Go back past the releases that would do, from 23.1 to 25.0.1 (resolvelib 1.0.1): a release whose requirement's
    requirement lacks one of its own, or whose extra's project does not admit the Python, ends the resolution, though an
    older release has no such requirement (measured, 23.0.1 to 26.3).
    """
    resumes: int = 5
    """How often it asks for the rest of a file that breaks off, unless --resume-retries says another number: never
    before 25.2, though the option is there from 25.1 on (read in 25.0.1 to 26.3).
    """
    retries_502: bool = True
    """Repeat a request that is answered with status 502, from 24.0 on; older versions take that for the answer (read in
    23.3 and 24.0; measured, 22.2.2 to 26.3).
    """
    compared_name: str = "inside"
    """The name with which the name of a wheel's project is compared before pip takes it: none (`file`, pkg_resources,
    up to Python 3.10), the name of its `.dist-info` folder (`folder`, importlib.metadata, until 24.1), or the one in
    its METADATA (`inside`, the same from 24.2 on). A wheel that passes this under another Name is installed as another
    project.
    """

    @classmethod
    def of(cls, pip: str | None, python: str = "3.11") -> PipBehaviour:
        """Return the behaviour of a pip. `pip`: its version; None: not known. `python`: of the interpreter that runs
        it.

        A bound with `.dev0` counts the pre-releases of that version, such as 24.1b1, as that version; any other bound
        counts them as the version before, since PEP 440 sorts them there.
        """
        if pip is None:
            return ANY_PIP
        version = Version(pip)
        library = Version(python) >= Version("3.11") and version >= Version("22.2")
        return cls(
            takes_early=version >= Version("26.0"),
            takes_yanked=version < Version("22.0"),
            takes_old=version < Version("24.1.dev0"),
            passes_over_builds=version < Version("22.0"),
            yanks_bare=version < Version("22.0"),
            build_first=version < Version("21.1"),
            reads_json=version >= Version("22.2"),
            takes_any_text=version < Version("22.0"),
            reads_beside=version >= Version("22.3"),
            new_announcement=version >= Version("23.2"),
            compares_beside=version >= Version("26.2"),
            first_hash=version >= Version("22.3"),
            fragments="hex" if version < Version("22.3") else "rest" if version < Version("23.1") else "exact",
            heeds_empty=version >= Version("26.3"),
            takes_capitals=version >= Version("24.2"),
            names="loose" if version < Version("22.3") else "plain" if version < Version("25.3") else "strict",
            extras_see="none" if version < Version("21.1") else "pins" if version < Version("23.3") else "all",
            literal_extras=version < Version("23.3"),
            forgets_pin=version < Version("21.1"),
            jumps_far=Version("23.1.dev0") <= version < Version("25.1.dev0"),
            resumes=5 if version >= Version("25.2.dev0") else 0,
            retries_502=version >= Version("24.0.dev0"),
            compared_name="file" if not library else "inside" if version >= Version("24.2") else "folder",
        )

    def stops_at(self, retried: Collection[int]) -> str:
        """Return why this pip fails where airproof repeated a request for those statuses; empty if it does not."""
        if self.retries_502 or 502 not in retried:
            return ""
        return "status 502 at the first request, which this pip does not repeat"


ANY_PIP = PipBehaviour()


def builds_plain(host: Host) -> bool:
    """Say whether its pip builds a `setup.py` without pyproject.toml by the setuptools (and, from 23.1 on, wheel) that
    the interpreter has; from 25.3 on nothing is built so (measured, 20.3.4 to 26.3).
    """
    version = Version(host.pip or "99")
    wanted = {"setuptools"} | ({"wheel"} if version >= Version("23.1.dev0") else set())
    return version < Version("25.3.dev0") and wanted <= set(host.installed)
