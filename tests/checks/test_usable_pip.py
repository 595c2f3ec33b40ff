"""A pip that is too old, and what is pasted to replace it."""

from __future__ import annotations

import msgspec
import pytest

from airproof.catalog import load_catalog
from airproof.check import Failed
from airproof.checks.host import check_the_interpreter_has_a_usable_pip
from airproof.diagnosis.cause import fill_each
from airproof.site.site import Site
from tests.probes.pythons import host_of


@pytest.mark.parametrize(
    ("url", "index"),
    [
        ("http://192.0.2.1/simple/", "--index-url http://192.0.2.1/simple/ --trusted-host 192.0.2.1"),
        ("https://192.0.2.1/simple/", "--index-url https://192.0.2.1/simple/"),
        ("", "--index-url URL"),
    ],
)
def test_the_command_that_upgrades_pip_trusts_a_host_of_plain_http(url: str, index: str) -> None:
    """Pasted without that, it would be refused; over https it would switch the check of the certificate off."""
    old = msgspec.structs.replace(host_of(), pip="19.0")

    with pytest.raises(Failed) as caught:
        check_the_interpreter_has_a_usable_pip(old, Site(url))

    (finding,) = caught.value.findings
    command = f"{old.executable} -m pip install {index} --upgrade pip"
    assert (command,) == fill_each(load_catalog().causes[finding.cause].commands, finding.values)
