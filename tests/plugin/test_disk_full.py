"""A server whose disk is full is told as that, by a rehearsal and by `check --serverdir`."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from airproof.check import Failed
from airproof.checks.files import check_nothing_half_uploaded_lies_about
from airproof.probes.files.audit import Audit
from airproof.probes.index.devpi import NOWHERE
from airproof.site.site import Site
from pytest_airproof.packages import Wheel

SCRIPT = """
set -eu
mkdir disk
mount -t tmpfs -o size={size} none disk
exec {python} -m airproof rehearse wheels --keep disk/kept -p small --no-import --report-dir report --quiet --lang en
"""


@pytest.mark.parametrize(("size", "code"), [("4m", 2), ("9m", 1)], ids=["as-it-is-copied", "as-it-is-uploaded"])
@pytest.mark.thorough
def test_a_rehearsal_on_a_full_disk_says_so(tmp_path: Path, size: str, code: int) -> None:
    """devpi answers the upload with 500 and nothing else; the reason stands in its log."""
    unshare = shutil.which("unshare")
    alone = [unshare or "unshare", "--user", "--map-root-user", "--mount"]
    if unshare is None or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a file system in a namespace of one's own")
    Wheel("small").write(tmp_path / "wheels")
    Wheel("big", files={"big/data.bin": os.urandom(6_000_000)}).write(tmp_path / "wheels")

    script = SCRIPT.replace("{python}", shlex.quote(sys.executable)).replace("{size}", size)
    ran = subprocess.run(
        [*alone, "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )

    assert code == ran.returncode, ran.stderr
    if code == 2:
        assert "No space left on device" in ran.stderr
        return
    checks = msgspec.json.decode((tmp_path / "report" / "record.json").read_bytes())["checks"]
    failed = {one["id"]: [finding["cause"] for finding in one["findings"]] for one in checks if one.get("findings")}
    assert ["server-disk-full"] == failed["MAN06"]


def test_the_disk_of_a_serverdir_that_is_full_is_advised() -> None:
    """What devpi has it still serves, so nobody is refused: the next upload fails."""
    audit = Audit(1, 1, (), 0, stray=(), free=4096)

    with pytest.raises(Failed) as caught:
        check_nothing_half_uploaded_lies_about(audit, NOWHERE, Site("", serverdir="/srv/devpi"))

    assert ["server-disk-full"] == [one.cause for one in caught.value.findings]
