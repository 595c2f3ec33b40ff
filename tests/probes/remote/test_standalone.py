"""The stand-alone probe: one file, run by whatever Python a host has, and its answer read back."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from airproof.checks.pip import check_everything_installs
from airproof.errors import BadInput, CannotLook
from airproof.net.http import Http
from airproof.probes.closure.readings import probe_readings
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.index.forms import Forms
from airproof.probes.installs.builds import Builds
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import had_of
from airproof.probes.pip.facts import left_out
from airproof.probes.reaching.certificates import VARIABLES
from airproof.probes.remote.carried import CarriedFacts, parse_carried, pip_of_carried, read_carried
from airproof.probes.remote.standalone import SCHEMA, standalone
from airproof.site.flows import Flow, Item
from airproof.site.group import Group
from airproof.site.indexurl import IndexUrl
from airproof.site.site import Site
from airproof.system.processes import run
from pytest_airproof.packages import Package
from pytest_airproof.packages.sdists import Sdist
from pytest_airproof.packages.wheels import Wheel
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from tests.probes.indexserver import StaticIndex
from tests.probes.pythons import each_python, host_of

PLAIN = "{python} -m pip install --index-url {url} {requirement}"
GROUPS = (Group("app", ("demo-a",)), Group("gone", ("demo-gone",)))
FLOW = Flow(
    "Demo / f", "e.omf", (Item("fetch", "python", lines=("xml.dom", "os.path", "xml.airsub.deep", "alpha.sub")),)
)
PROJECTS = {"demo-a": [Wheel("demo-a", requires=("demo-b",))], "demo-b": [Wheel("demo-b")]}


@pytest.fixture(scope="module")
def index() -> Iterator[StaticIndex]:
    with StaticIndex(PROJECTS) as index:
        yield index


def answer_of(
    url: str,
    folder: Path,
    *groups: Group,
    executable: str = sys.executable,
    words: tuple[str, ...] = (),
    **variables: str,
) -> str:
    """Return the output of the probe, run from a folder of its own."""
    site = Site(url, groups=groups, flows=(FLOW,), pip_command=PLAIN, timeout=5.0)
    file = folder / "probe.py"
    file.write_text(standalone(site), encoding="utf-8")
    ran = run([executable, "-B", file, *words], timeout=120, cwd=folder, env={**os.environ, **variables})
    assert ran.ok, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("executable", each_python())
def test_every_python_resolves_and_changes_nothing(index: StaticIndex, tmp_path: Path, executable: str) -> None:
    """Its pip, of whatever age, finds what is there and says what is not; not one file is left behind."""
    found = parse_carried(answer_of(index.url, tmp_path, *GROUPS, executable=executable), "answer")

    assert [(("app",), 0), (("gone",), 1)] == [(run_.groups, run_.exit_code) for run_ in found.runs]
    assert {"demo-a", "demo-b"} == {dist.name.replace("_", "-") for dist in found.runs[0].installed}
    assert host_of(executable).python == found.host.python
    assert {"xml.dom": "", "os.path": "", "xml.airsub.deep": "xml.airsub"} == found.host.library
    assert ["probe.py"] == [path.name for path in tmp_path.iterdir()]


def test_the_host_says_who_it_is(index: StaticIndex, tmp_path: Path) -> None:
    """Its name as it was given, whether it is a Collector, its account and the place for packages."""
    found = parse_carried(answer_of(index.url, tmp_path, words=("--name", "Collector 2", "--collector")), "answer")

    assert ("Collector 2", True, "", ()) == (found.name, found.collector, found.collector_name, found.runs)
    assert found.host.user
    assert Path(found.host.packages_folder).is_dir()
    assert found.host.time.endswith("Z")


@pytest.mark.parametrize(
    ("words", "expected"), [((), (False, "")), (("--collector", "Plant A"), (True, "Plant A"))], ids=["server", "named"]
)
def test_the_host_says_which_collector_it_is(
    index: StaticIndex, tmp_path: Path, words: tuple[str, ...], expected: tuple[bool, str]
) -> None:
    """As OMFlow calls it."""
    found = parse_carried(answer_of(index.url, tmp_path, words=words), "answer")

    assert expected == (found.collector, found.collector_name)


@pytest.mark.parametrize("word", ["--colector", "--name", "facts.json"])
def test_a_word_that_the_probe_does_not_know_is_refused(tmp_path: Path, word: str) -> None:
    """Else a Collector would answer as a server."""
    file = tmp_path / "probe.py"
    file.write_text(standalone(Site("http://127.0.0.1:9/", pip_command=PLAIN)), encoding="utf-8")

    ran = run([sys.executable, "-B", file, word], timeout=60)

    assert (2, "") == (ran.exit_code, ran.stdout)
    assert word in ran.stderr


@pytest.mark.thorough
def test_an_index_that_does_not_answer_is_told(tmp_path: Path) -> None:
    """The trouble in the system's words, and pip's failure beside it."""
    with StaticIndex(PROJECTS) as index:
        url = index.url

    found = parse_carried(answer_of(url, tmp_path, GROUPS[0]), "answer")

    assert (None, 1) == (found.index.status, found.runs[0].exit_code)
    assert "refused" in found.index.trouble.lower()


def test_a_password_is_in_no_answer(index: StaticIndex, tmp_path: Path) -> None:
    """Neither in the URL nor in pip's command or words."""
    said = answer_of(index.url.replace("//", "//ann:s3cret@"), tmp_path, *GROUPS)

    assert "s3cret" not in said
    assert "***@" in said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_answer_is_read_as_a_shell_wrote_it(index: StaticIndex, tmp_path: Path, encoding: str) -> None:
    """With a greeting of the site's before it, and in the encoding of PowerShell's `>`."""
    path = tmp_path / "facts.json"
    path.write_bytes(("welcome {\n" + answer_of(index.url, tmp_path)).encode(encoding))

    assert host_of().label == read_carried(path).host.label


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "facts-not-whole"),
        ("[]", "facts-not-whole"),
        (f'{{"schema": "{SCHEMA}", "name": "x', "facts-not-whole"),
        (f'{{"schema": "{SCHEMA}", "name": "x"}}', "facts-not-whole"),
        ('{"schema": "airproof.facts/9"}', "facts-other-version"),
        ('{"schema": "airproof.report/1"}', "facts-other-version"),
        ("[" * 100_000, "facts-not-whole"),
    ],
)
def test_a_cut_or_strange_answer_is_refused(tmp_path: Path, text: str, key: str) -> None:
    """Empty, another document, cut, of another version."""
    path = tmp_path / "facts.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(BadInput) as caught:
        read_carried(path)

    assert key == caught.value.key


def test_a_missing_answer_is_refused(tmp_path: Path) -> None:
    """Named on the command line it must be there."""
    with pytest.raises(BadInput) as caught:
        read_carried(tmp_path / "none.json")

    assert "facts-unreadable" == caught.value.key


def silence(found: CarriedFacts, groups: tuple[Group, ...], url: str) -> str:
    with pytest.raises(CannotLook) as caught:
        pip_of_carried(found, "far", groups, IndexUrl.of(url))
    return caught.value.key


def test_an_answer_to_another_question_proves_nothing(index: StaticIndex, tmp_path: Path) -> None:
    """Another index, a group or a requirement that was not asked there; both forms of the URL are one index."""
    found = parse_carried(answer_of(index.url, tmp_path, *GROUPS), "answer")
    more = Group("app", ("demo-a", "demo-more"))

    assert "facts-other-url" == silence(found, GROUPS, "http://192.0.2.1/simple/")
    assert "facts-not-asked" == silence(found, (*GROUPS, Group("other", ("x",))), index.url)
    assert "facts-not-asked" == silence(found, (more,), index.url)
    assert [True, False] == [run_.ok for run_ in pip_of_carried(found, "far", GROUPS, IndexUrl.of(index.url)).runs]


def test_only_what_is_asked_of_that_host_counts(index: StaticIndex, tmp_path: Path) -> None:
    """A group of others that fails there is nobody's fault."""
    found = parse_carried(answer_of(index.url, tmp_path, *GROUPS), "answer")
    facts = pip_of_carried(found, "far", GROUPS[:1], IndexUrl.of(index.url))

    assert ([("app",)], True, True) == ([run_.groups for run_ in facts.runs], facts.runs[0].ok, facts.carried)
    assert ["demo-a", "demo-b"] == [dist.name for dist in facts.runs[0].installed]
    assert msgspec.json.decode(msgspec.json.encode(found), type=CarriedFacts) == found


@pytest.mark.parametrize("executable", each_python())
def test_what_is_installed_there_counts_as_served(index: StaticIndex, tmp_path: Path, executable: str) -> None:
    """Only where the index alone does not do; each pip's generation tells it, by itself or through its inside."""
    folder, wheel = tmp_path / "there", Wheel("demo-gone", "3.1")
    wheel.write(tmp_path)
    with zipfile.ZipFile(tmp_path / wheel.filename) as archive:
        archive.extractall(folder / "site-packages")
    groups = (Group("both", ("demo-a", "demo-gone")),)

    path = str(folder / "site-packages")
    found = parse_carried(answer_of(index.url, tmp_path, *groups, executable=executable, PYTHONPATH=path), "answer")
    facts = pip_of_carried(found, "far", groups, IndexUrl.of(index.url))

    assert [(0, {"demo-gone": "3.1"})] == [(run_.exit_code, run_.counted) for run_ in found.runs]
    assert [] == left_out(facts.runs[0], found.host.markers)
    assert ("3.1", ()) == (found.host.installed["demo_gone"], found.host.requires["demo_gone"])


@pytest.mark.parametrize("executable", each_python())
def test_an_installed_dependency_counts_as_served(tmp_path: Path, executable: str) -> None:
    """Every generation of pip keeps what is installed and takes the rest from the index, also for a requirements file,
    and the host's packages stay as they are.
    """
    place = tmp_path / "there" / "site-packages"
    for installed in (Wheel("demo-gone", "3.1"), Wheel("demo-old", "1.0")):
        installed.write(tmp_path)
        with zipfile.ZipFile(tmp_path / installed.filename) as archive:
            archive.extractall(place)
    before = sorted(place.rglob("*"))
    groups = (
        Group("app", ("tool",)),
        Group("lines", ("tool",), pip_lines=("tool",)),
        Group("newer", ("demo-old>1", "tool")),
    )
    projects = {"tool": [Wheel("tool", requires=("demo-gone",))], "demo-old": [Wheel("demo-old", "2.0")]}
    with StaticIndex(projects) as index:
        answer = answer_of(index.url, tmp_path, *groups, executable=executable, PYTHONPATH=str(place))
        runs = parse_carried(answer, "answer").runs

    assert [{"demo-gone": "3.1"}] * 3 == [run.counted for run in runs]
    taken = [[f"{dist.name}-{dist.version}" for dist in run.installed] for run in runs]
    assert [["tool-1.0"], ["tool-1.0"], ["demo-old-2.0", "tool-1.0"]] == [sorted(names) for names in taken]
    assert before == sorted(place.rglob("*"))


def test_what_is_installed_in_another_version_does_not_count(index: StaticIndex, tmp_path: Path) -> None:
    """It would have to be replaced, by what the index does not have."""
    found = parse_carried(answer_of(index.url, tmp_path, Group("newer", ("packaging>99",))), "answer")

    assert [(1, {})] == [(run_.exit_code, run_.counted) for run_ in found.runs]


def test_each_group_is_asked_for_by_itself(tmp_path: Path) -> None:
    """Beside one that wants an older version, the other would be given that too, and a fault of the newer be hidden."""
    projects = {
        "aa": [Wheel("aa", requires=("cc",))],
        "bb": [Wheel("bb", requires=("cc<2",))],
        "cc": [Wheel("cc"), Wheel("cc", "2.0")],
    }
    groups = (Group("one", ("aa",)), Group("two", ("bb",)), Group("like one", ("aa",)))
    with StaticIndex(projects) as index:
        found = parse_carried(answer_of(index.url, tmp_path, *groups), "answer")

    versions = {run.groups: {dist.name: dist.version for dist in run.installed}["cc"] for run in found.runs}
    assert {("one",): "2.0", ("two",): "1.0", ("like one",): "2.0"} == versions


def test_pip_keeps_its_own_times(index: StaticIndex, tmp_path: Path) -> None:
    """airproof's --timeout bounds airproof: OMFlow's pip is not told of it."""
    found = parse_carried(answer_of(index.url, tmp_path, *GROUPS), "answer")

    assert not {"--timeout", "--retries"} & {word for run in found.runs for word in run.command}


def test_hashes_and_options_of_a_requirements_file_reach_that_pip(index: StaticIndex, tmp_path: Path) -> None:
    """The requirement alone resolves; with the hash of another file its pip refuses it."""
    line = "demo-b==1.0 --hash=sha256:" + "0" * 64
    groups = (
        Group("locked", ("demo-b==1.0",), pip_lines=(line,)),
        Group("held", ("demo-a",), constraint_lines=("demo-b<1",)),
        Group("early", ("demo-b",), pip_lines=("--pre", "demo-b")),
    )
    found = parse_carried(answer_of(index.url, tmp_path, *groups), "answer")

    assert {("locked",): 1, ("held",): 1, ("early",): 0} == {run.groups: run.exit_code for run in found.runs}
    assert "DO NOT MATCH THE HASHES" in found.runs[0].stderr


def test_what_would_be_built_is_not_tried_on_another_host(index: StaticIndex, tmp_path: Path) -> None:
    """pip would run the build there; so nobody knows."""
    groups = (Group("built", ("demo-b",), pip_lines=("--no-binary demo-b", "demo-b")), GROUPS[0])
    found = parse_carried(answer_of(index.url, tmp_path, *groups), "answer")

    assert [("app",)] == [run.groups for run in found.runs]
    assert "sdist-elsewhere" == silence(found, groups, index.url)


def test_a_newer_sdist_is_not_overlooked(tmp_path: Path) -> None:
    """The host's pip was told to take wheels alone; called by OMFlow it would take the newer source and build it."""
    groups = (Group("app", ("tool",)),)
    with StaticIndex({"tool": [Wheel("tool"), Sdist("tool", "2.0")]}) as index, Http(5.0) as http:
        found = parse_carried(answer_of(index.url, tmp_path, *groups), "answer")
        facts = pip_of_carried(found, "far", groups, IndexUrl.of(index.url))
        readings = probe_readings(
            facts, TargetMatcher.of(found.host), groups, IndexSource(http, index.url, tmp_path / "src")
        )

    assert (True, "1.0") == (facts.runs[0].ok, facts.runs[0].installed[0].version)
    assert ["tool-2.0.tar.gz"] == [link.filename for _, link in readings.links]
    with pytest.raises(CannotLook) as caught:
        check_everything_installs(facts, readings, found.host, Builds(), Forms("", ()), Site(index.url))
    assert "sdist-elsewhere" == caught.value.key


@pytest.mark.parametrize(
    ("newer", "taken"),
    [
        ([Sdist("tool", "2.0", requires=("demo-gone",))], ["tool-2.0.tar.gz"]),
        ([], ["tool-1.0-py3-none-any.whl"]),
    ],
)
def test_a_newer_sdist_is_not_overlooked_beside_what_is_installed(
    tmp_path: Path, newer: list[Sdist], taken: list[str]
) -> None:
    """Although the host's pip got along with what it has, called by OMFlow it would build the newer source; so too for
    what something installed asks of the index.
    """
    installed = Wheel("demo-gone", "3.1", requires=("tool",))
    installed.write(tmp_path)
    with zipfile.ZipFile(tmp_path / installed.filename) as archive:
        archive.extractall(tmp_path / "there" / "site-packages")
    groups = (Group("app", ("tool", "demo-gone")), Group("through", ("demo-gone",)))
    projects: dict[str, list[Package]] = {"tool": [Wheel("tool", requires=("demo-gone",)), *newer]}
    with StaticIndex(projects) as index, Http(5.0) as http:
        path = str(tmp_path / "there" / "site-packages")
        found = parse_carried(answer_of(index.url, tmp_path, *groups, PYTHONPATH=path), "answer")
        facts = pip_of_carried(found, "far", groups, IndexUrl.of(index.url))
        there = TargetMatcher.of(found.host, had_of(found.host))
        readings = probe_readings(facts, there, groups, IndexSource(http, index.url, tmp_path / "src"))

    assert [(True, {"demo-gone": "3.1"})] * 2 == [(run_.ok, run_.counted) for run_ in facts.runs]
    assert [taken] * 2 == [[pin.link.filename for pin in group.reading.pins] for group in readings.groups]
    assert all(group.reading.resolves for group in readings.groups)
    assert [not newer] * 2 == [group.by_pip for group in readings.groups]


@pytest.mark.parametrize(("words", "told"), [(PLAIN, False), (f"{PLAIN} --trusted-host {{host}}", True)])
def test_that_pip_says_what_it_trusts(tmp_path: Path, words: str, told: bool) -> None:
    """The certificate that nobody there knows does not hide that the index answers."""
    with FaultyProxy(None, Rule("/*", body=b"<html></html>"), tls=True) as proxy:
        url = proxy.url.replace("127.0.0.1", "localhost") + "/simple/"
        file = tmp_path / "probe.py"
        file.write_text(standalone(Site(url, pip_command=words, timeout=5.0)), encoding="utf-8")
        clean = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        ran = run([sys.executable, "-B", file], timeout=120, cwd=tmp_path, env=clean | {"PIP_CONFIG_FILE": os.devnull})

    found = parse_carried(ran.stdout, "answer")
    assert found.tls is not None
    assert (False, told) == (found.tls.own, found.tls.told)
    assert "CERTIFICATE_VERIFY_FAILED" in found.tls.detail
    assert (200, True, "") == (found.index.status, found.index.unverified, found.index.trouble)
