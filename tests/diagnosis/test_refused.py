"""Commands and requirements that a pip refuses before it asks any index."""

from __future__ import annotations

import msgspec
import pytest

from airproof.check import Failed
from airproof.checks.pip import check_pip_takes_the_command
from airproof.diagnosis.refused import options_refused, texts_refused
from airproof.probes.pip.facts import Usage
from airproof.site.group import Group
from airproof.site.site import Site
from tests.probes.pythons import host_of

LINE = "{python} -m pip install --index-url {url} {requirement}"


@pytest.mark.parametrize(
    ("option", "pips", "found"),
    [
        ("--break-system-packages", ("23.0", "24.0"), ["23.0"]),
        ("--break-system-packages", ("23.0.1",), []),
        ("--config-settings=a=b", ("22.0.4",), ["22.0.4"]),
        ("-Ca=b", ("22.3",), ["22.3"]),
        ("--install-option=x", ("23.0.1", "23.1"), ["23.1"]),
        ("--no-deps", ("20.3.4",), []),
        ("--break-system-packages", (), []),
    ],
)
def test_an_option_that_a_targets_pip_does_not_know_is_named(
    option: str, pips: tuple[str, ...], found: list[str]
) -> None:
    """The versions are measured, pip 20.3.4 to 26.1."""
    findings = list(options_refused(f"{LINE} {option}", pips, "there"))

    assert found == [finding.values["pip"] for finding in findings]


@pytest.mark.parametrize(
    ("text", "pips", "refused"),
    [
        ("a>=1,", ("23.2.1",), True),
        ("a>=1, ; python_version > '3'", ("20.3.4", "26.3"), True),
        ("a>=1,", ("24.1",), False),
        ("a>=1,", (), False),
        ("a (>=1)", ("20.3.4",), False),
        ("a @ http://192.0.2.1/a-1.0-py3-none-any.whl", ("20.3.4",), False),
    ],
)
def test_a_comma_too_many_ends_a_pip_before_24_1(text: str, pips: tuple[str, ...], refused: bool) -> None:
    """It says `Invalid requirement` (measured, 20.3.4, 22.2.2 and 23.2.1); 24.2 and 26.3 take it."""
    findings = list(texts_refused([Group("asked", (text,))], pips, "there"))

    assert [text] * refused == [finding.values["requirement"] for finding in findings]


def test_what_pip_says_of_its_options_decides() -> None:
    """They are asked of this machine's pip."""
    site, refused = Site("http://192.0.2.1/"), Usage(2, "no such option: --new")

    with pytest.raises(Failed) as caught:
        check_pip_takes_the_command(refused, site, host_of())

    assert ["no such option: --new"] == [finding.found for finding in caught.value.findings]
    assert check_pip_takes_the_command(Usage(), site, host_of()) == check_pip_takes_the_command(None, site, host_of())


def test_another_hosts_pip_is_judged_by_its_version() -> None:
    """Nothing runs there with the site's own command."""
    site = Site("http://192.0.2.1/", pip_command=f"{LINE} --break-system-packages")

    with pytest.raises(Failed) as caught:
        check_pip_takes_the_command(None, site, msgspec.structs.replace(host_of(), pip="22.3.1"))

    assert ["--break-system-packages"] == [finding.found for finding in caught.value.findings]
