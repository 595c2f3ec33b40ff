"""Which pip reads which requirements file under which locale."""

from __future__ import annotations

import msgspec
import pytest

from airproof.diagnosis.refused import files_not_read
from airproof.errors import CannotLook
from airproof.site.group import Group, TextFile
from tests.probes.pythons import host_of

CHINESE = "# 上架套件"


@pytest.mark.parametrize(
    ("pip", "locale", "written", "reads"),
    [
        ("24.3.1", "cp950", "utf-8", False),
        ("24.3.1", "cp950", "cp950", True),
        ("24.3.1", "UTF-8", "utf-8", True),
        ("24.3.1", "UTF-8", "cp950", False),
        ("24.3.1", "ANSI_X3.4-1968", "utf-8", False),
        ("25.0", "cp950", "utf-8", True),
        ("25.0", "cp950", "cp950", True),
        ("25.0", "UTF-8", "cp950", False),
    ],
)
def test_a_file_that_does_not_say_its_encoding(pip: str, locale: str, written: str, reads: bool) -> None:
    """Measured with pips 24.0 to 26.2 under zh_TW.BIG5, C and C.UTF-8."""
    host = msgspec.structs.replace(host_of(), pip=pip, encoding=locale)
    group = Group("f.txt", ("a",), files=(TextFile("f.txt", 3, CHINESE.encode(written)),))

    assert ([] if reads else ["file-not-read"]) == [finding.cause for finding in files_not_read([group], host)]


def test_a_host_that_did_not_tell_its_encoding_proves_nothing() -> None:
    """Its answer is an older probe's."""
    host = msgspec.structs.replace(host_of(), pip="23.2", encoding="")
    group = Group("f.txt", ("a",), files=(TextFile("f.txt", 3, CHINESE.encode()),))

    with pytest.raises(CannotLook) as caught:
        list(files_not_read([group], host))

    assert "encoding-unknown" == caught.value.key
