"""Flow by flow and host by host, in every renderer that a person reads."""

from __future__ import annotations

import msgspec
import pytest

from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.record.summary import FlowSummary, HostSummary, Summary, TargetSummary
from airproof.renderers import RENDERERS
from airproof.renderers.html.flowtable import flow_matrix
from airproof.renderers.parts.causes import causes_of
from airproof.renderers.parts.matrix import Cell
from airproof.renderers.parts.perhost import flow_lines, host_lines
from airproof.renderers.parts.perhost_words import flow_sentences, host_sentences
from airproof.words import Lang
from tests.renderers.records import HERE, NOTHING, entry, finding, report, text

FAR = "Collector-2"
LACKS = finding("absent", text("gone is missing.", "缺少 gone。"), text("Carry it in."), victims=("Demo / bad", "gone"))
OUT = finding("host-pip-fails", text("Its pip fails.", "其 pip 失敗。"), text("Upgrade."), victims=("alpha",))


def played(label: str, *, real: bool = True, **flows: tuple[str, ...]) -> Summary:
    """Flows by name; a requirement that begins with `!` does not install."""
    return Summary(
        flows=tuple(
            FlowSummary(
                label=label,
                flow=f"Demo / {name}",
                requirements=tuple(requirement.lstrip("!") for requirement in requirements),
                failed=tuple(requirement[1:] for requirement in requirements if requirement.startswith("!")),
                problems=(),
                installed=real,
            )
            for name, requirements in flows.items()
        )
    )


def two_hosts(summary: Summary = NOTHING) -> Report:
    """Here everything installs; there the index answers and pip 9 gets nothing; a third has not answered."""
    entries = [
        entry("HOST01", text("A pip"), subject=HERE),
        entry("HOST01", text("A pip"), subject=FAR),
        entry("HOST01", text("A pip"), Outcome.BROKEN, subject="gone", reason=text("No answer.", "沒有回應。")),
        entry("API01", text("An index")),
        entry("HOST04", text("Answers there"), subject=FAR),
        entry("HOST04", text("Answers there"), Outcome.BROKEN, subject="gone"),
        entry("PIP02", text("Resolves"), subject=HERE),
        entry("PIP03", text("Installs"), subject=HERE),
        entry("PIP02", text("Resolves"), subject=FAR),
        entry("PIP03", text("Installs"), Outcome.FAILED, subject=FAR, findings=(OUT,)),
    ]
    hosts = (HostSummary(HERE, "3.11.7", "23.2.1", "ann", "", HERE), HostSummary(FAR, "3.7.9", "9.0.1", "svc", "", FAR))
    return report(*entries, targets=(HERE, FAR, "gone"), summary=msgspec.structs.replace(summary, hosts=hosts))


@pytest.mark.parametrize("name", ["terminal", "markdown", "html"])
@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("would activate", "would NOT", "gone is missing", "its pip 9.0.1 cannot", "No answer")),
        ("zh-TW", ("可以上架", "無法上架", "缺少 gone", "其 pip 9.0.1 無法", "沒有回應")),
    ],
)
def test_a_person_reads_each_flow_and_each_host(name: str, lang: Lang, words: tuple[str, ...]) -> None:
    """With the cause, and what stands out when hosts are compared."""
    told = two_hosts(played(HERE, good=("alpha",), bad=("alpha", "!gone")))
    failed = entry("OMF11", text("Activates"), Outcome.FAILED, subject=HERE, findings=(LACKS,))

    shown = " ".join(RENDERERS[name](msgspec.structs.replace(told, checks=(*told.checks, failed)), lang).split())

    assert [] == [word for word in words if word not in shown]


@pytest.mark.parametrize("real", [True, False])
def test_a_flow_that_fails_whatever_is_installed_would_not_activate(real: bool) -> None:
    """All of its packages install, or resolve elsewhere; what it imports is still missing."""
    still = finding("not-in-standard-library", text("xml.gone is missing."), text("Mend."), victims=("Demo / good",))
    failed = entry("OMF13", text("The library"), Outcome.FAILED, subject=HERE, findings=(still,))
    told = report(failed, summary=played(HERE, real=real, good=("alpha",), other=("alpha",)))

    good, other = flow_lines(told)

    assert (False, ["xml.gone is missing."], True) == (
        good.would,
        [sentence.en for sentence in good.because],
        other.would,
    )


def test_no_flow_line_contradicts_a_required_check() -> None:
    """Its packages install, and a required check found something against one of them, or against the flow."""
    fails = finding("import-fails", text("alpha does not import."), text("Mend."), victims=("alpha",))
    failed = entry("PIP04", text("Imports"), Outcome.FAILED, subject=HERE, findings=(fails,))

    told = report(failed, summary=played(HERE, good=("alpha",), other=("beta",)))

    assert [
        (False, f"Demo / good: its packages install under {HERE}, and it would NOT work all the same, because: "),
        (True, f"Demo / other: would activate under {HERE}, 1 package(s)"),
    ] == [(would, said.replace("alpha does not import.", "")) for would, said in flow_sentences(told, "en")]


def test_a_url_that_is_another_machine_on_a_host_is_against_its_flows() -> None:
    """The check speaks of the site, and names the host for which the URL is wrong."""
    loopback = finding("loopback-for-others", text("127.0.0.1 is that host itself."), text("Mend."), victims=(FAR,))
    failed = entry("OMF03", text("One URL"), Outcome.FAILED, findings=(loopback,))
    flows = (*played(HERE, good=("alpha",)).flows, *played(FAR, real=False, good=("alpha",)).flows)

    here, far = flow_lines(report(failed, summary=msgspec.structs.replace(NOTHING, flows=flows)))

    assert (True, False, ["127.0.0.1 is that host itself."]) == (here.would, far.would, [a.en for a in far.because])


def test_flows_and_hosts_are_a_table_with_the_numbers_of_the_causes() -> None:
    """A flow that a host does not run was not asked for there."""
    failed = entry("OMF11", text("Activates"), Outcome.FAILED, subject=HERE, findings=(LACKS,))
    flows = (*played(HERE, good=("alpha",), bad=("!gone",)).flows, *played(FAR, real=False, good=("alpha",)).flows)
    told = report(failed, summary=msgspec.structs.replace(NOTHING, flows=flows), targets=(HERE, FAR))

    made = flow_matrix(told, causes_of(told))

    assert (HERE, FAR) == made.targets
    assert [
        ("Demo / bad", (Cell.FAILED, Cell.NOT_ASKED), ((1,), ())),
        ("Demo / good", (Cell.PASSED, Cell.PASSED), ((), ())),
    ] == [(row.requirement, row.cells, tuple(note.causes for note in row.notes)) for row in made.rows]


def test_nobody_knows_of_a_targets_flow_whose_own_code_decides() -> None:
    """Everything is there for it, and the item may still end."""
    label, reason = "cp37-win32", text("Only running it would show.")
    runs = entry("DEP08", text("Runs"), Outcome.BROKEN, subject=label, reason=reason)
    targets = (TargetSummary(label, "", {"Demo / a": ("alpha",), "Demo / b": ("alpha",)}),)
    summary = msgspec.structs.replace(NOTHING, targets=targets, unknown={label: ("Demo / a",)})
    closure = entry("DEP01", text("All there"), subject=label)

    lines = flow_lines(report(closure, runs, summary=summary, targets=(label,)))

    assert [(False, False), (True, True)] == [(line.would, line.judged) for line in lines]


def test_flows_with_one_reason_share_a_sentence() -> None:
    """However many there are; each that activates has its own."""
    names = [f"f{number}" for number in range(16)]
    missing = finding(
        "absent", text("gone is missing."), text("Mend."), victims=tuple(f"Demo / {name}" for name in names)
    )
    failed = entry("OMF11", text("Activates"), Outcome.FAILED, subject=HERE, findings=(missing,))

    told = report(failed, summary=played(HERE, real=True, **dict.fromkeys(names, ("!gone",)), good=("alpha",)))

    first, second = (said for _, said in flow_sentences(told, "en"))
    assert first.startswith("Demo / f0, Demo / f1, Demo / f2, Demo / f3, and 12 more: would NOT activate")
    assert second.startswith("Demo / good: would activate")


def test_hosts_whose_pips_say_the_same_in_other_words_share_a_line() -> None:
    """A path or an address that pip prints differs from host to host; a pip of another version is told apart."""
    labels = ("c1", "c2", "c3")
    entries = []
    for label, pip, said in zip(labels, ("23", "23", "24"), ("at /home/a", "at /home/b", "at /home/a"), strict=True):
        says = text(f"pip {pip} under {label} failed. pip says: ERROR: {said}")
        failed = finding("unexplained", says, text("Read."), victims=("alpha",), found=f"one\nERROR: {said}")
        entries += [
            entry("HOST01", text("A pip"), subject=label),
            entry("PIP03", text("Installs"), Outcome.FAILED, subject=label, findings=(failed,)),
            entry("OMF11", text("Activates"), Outcome.BLOCKED, subject=label),
        ]
    flows = tuple(flow for label in labels for flow in played(label, f=("!alpha",), real=False).flows)
    told = report(*entries, targets=labels, summary=Summary(flows=flows))

    sentences = [sentence for _, sentence in flow_sentences(told, "en")]

    assert ["c1, c2", "c3"] == [sentence.partition("under ")[2].partition(", because")[0] for sentence in sentences]
    assert 1 == sentences[0].count("pip says")


def test_a_flow_that_was_judged_in_another_hosts_place_is_not_judged() -> None:
    """A Collector runs it and was not asked; its line agrees with the verdict."""
    told = report(
        entry("HOST01", text("A pip"), subject=HERE),
        entry(
            "PIP02", text("R"), Outcome.BROKEN, subject=HERE, findings=(LACKS,), reason=text("Another host runs it.")
        ),
        entry(
            "OMF11", text("A"), Outcome.BROKEN, subject=HERE, findings=(LACKS,), reason=text("Another host runs it.")
        ),
        targets=(HERE,),
        summary=played(HERE, bad=("!gone",), good=("alpha",)),
    )

    assert [("Demo / bad", False, False), ("Demo / good", True, True)] == [
        (line.flow, line.would, line.judged) for line in flow_lines(told)
    ]
    assert [text("Another host runs it.")] == list(flow_lines(told)[0].because)


def test_nobody_knows_of_a_flow_whose_own_code_decides() -> None:
    """Its item's code stands on the line of an import; the other flow is as good as before."""
    why = text("Nobody knows.")
    broken = entry("OMF14", text("Runs"), Outcome.BROKEN, subject=HERE, reason=why)
    flows = played(HERE, good=("alpha",), other=("alpha",))

    told = report(broken, summary=msgspec.structs.replace(flows, unknown={HERE: ("Demo / good",)}))

    assert [("Demo / good", False, False, (why,)), ("Demo / other", True, True, ())] == [
        (line.flow, line.would, line.judged, line.because) for line in flow_lines(told)
    ]


def test_hosts_are_compared() -> None:
    """From where each was asked, whether the index answers there, and whether its pip gets everything."""
    here, far, gone = host_lines(two_hosts())

    assert (False, "yes", "yes", False) == (here.elsewhere, here.index, here.packages, here.pip_itself)
    assert (True, "yes", "no", True) == (far.elsewhere, far.index, far.packages, far.pip_itself)
    assert (False, "unknown", "unknown") == (gone.answered, gone.index, gone.packages)


def test_one_host_is_compared_with_nobody() -> None:
    """Nor is a record without any facts."""
    assert () == host_lines(report(entry("HOST01", text("A pip"), subject=HERE)))
    assert ((), ()) == (host_lines(report()), flow_lines(report()))


def test_from_where_the_index_was_asked_is_said() -> None:
    """Its own machine crosses no firewall; another one does."""
    own, other = two_hosts(Summary(own_machine=True)), two_hosts(Summary(own_machine=False))

    assert ("firewall" in host_sentences(own, "en")[-1], "firewall" in host_sentences(other, "en")[-1]) == (True, False)


def test_on_another_host_the_cause_is_that_of_the_package() -> None:
    """Nothing was installed there, so no check of the flow itself has spoken."""
    missing = entry("PIP02", text("Resolves"), Outcome.FAILED, subject=FAR, findings=(LACKS,))
    flows = played(FAR, real=False, good=("alpha",), bad=("!gone",))

    good, bad = flow_lines(report(missing, summary=flows, targets=(FAR,)))

    assert (True, "resolving", ()) == (good.would, good.by, good.because)
    assert (False, ["gone is missing."]) == (bad.would, [sentence.en for sentence in bad.because])


def test_a_target_has_its_flows_too() -> None:
    """By what was read of the index for it; no line where the closure was not judged."""
    flows: dict[str, tuple[str, ...]] = {"Demo / good": ("alpha",), "Demo / bad": ("gone",)}
    read = Summary(targets=(TargetSummary("cp37-win32", "", flows),))
    missing = entry("DEP01", text("Everything is there"), Outcome.FAILED, subject="cp37-win32", findings=(LACKS,))

    good, bad = flow_lines(report(missing, summary=read, targets=("cp37-win32",)))
    unknown = entry("DEP03", text("Nothing is built"), Outcome.BROKEN, subject="cp37-win32", reason=text("An sdist."))

    assert () == flow_lines(report(missing, unknown, summary=read)) == flow_lines(report(summary=read))
    assert (True, "reading", False, ["gone is missing."]) == (
        good.would,
        good.by,
        bad.would,
        [sentence.en for sentence in bad.because],
    )


def test_an_unknown_cause_is_the_requirement_itself() -> None:
    """Or what pip complains of."""
    (flow,) = played(HERE, bad=("alpha", "!gone")).flows
    complained = Summary(flows=(msgspec.structs.replace(flow, problems=("app needs lib<2",)),))

    assert ["gone", "app needs lib<2"] == [
        sentence.en for sentence in flow_lines(report(summary=complained))[0].because
    ]


def before_the_flow(first: Outcome, *, id: str = "API01") -> Report:
    """A flow that was never played, since another check came before it."""
    lost = finding("wrong-index", text("No such index."), text("Correct the URL."))
    told = {"findings": (lost,)} if first is Outcome.FAILED else {"reason": text("It said nothing.")}
    entries = (
        entry(id, text("Before"), first, **told),
        entry("PIP01", text("Trusts"), Outcome.BLOCKED, subject=HERE, blocked_by=id),
        entry("OMF11", text("Activates"), Outcome.BLOCKED, subject=HERE, blocked_by="PIP01"),
    )
    return with_flows(report(*entries), "Demo / nightly")


def with_flows(told: Report, *flows: str) -> Report:
    return msgspec.structs.replace(told, site=msgspec.structs.replace(told.site, flows={HERE: flows}))


@pytest.mark.parametrize(
    ("first", "id", "judged", "because"),
    [
        (Outcome.FAILED, "API01", True, "No such index."),
        (Outcome.FAILED, "API06", False, "No such index."),
        (Outcome.BROKEN, "API01", False, "It said nothing."),
    ],
)
def test_a_flow_that_was_not_played_has_a_line(first: Outcome, id: str, judged: bool, because: str) -> None:
    """An index from which pip gets nothing activates no flow; of anything else nothing is known."""
    (line,) = flow_lines(before_the_flow(first, id=id))

    assert ("Demo / nightly", False, judged, [because]) == (
        line.flow,
        line.would,
        line.judged,
        [sentence.en for sentence in line.because],
    )
    assert ("would NOT" in flow_sentences(before_the_flow(first, id=id), "en")[0][1]) is judged


def test_a_flow_does_not_activate_while_a_package_of_it_cannot_be_read() -> None:
    """Whatever else of it installs, and where nothing else of it could be asked for."""
    odd = finding("package-unreadable", text("No requirement."), text("Mend it."), victims=("Demo / bad", "Demo / odd"))
    unread = entry("OMF05", text("Requirements"), Outcome.FAILED, findings=(odd,))
    told = with_flows(report(unread, summary=played(HERE, good=("alpha",), bad=("alpha",))), "Demo / odd")

    found = [(line.flow, line.would, [said.en for said in line.because]) for line in flow_lines(told)]

    assert [
        ("Demo / good", True, []),
        ("Demo / bad", False, ["No requirement."]),
        ("Demo / odd", False, ["No requirement."]),
    ] == found


def test_a_host_that_the_index_does_not_answer_has_no_packages() -> None:
    """The content of the index counts only for hosts that reach it, and that is why a flow does not activate there."""
    silent = finding("index-unreachable-from-host", text("No answer there."), text("Open the way."))
    entries = (
        entry("HOST01", text("A pip"), subject=FAR),
        entry("HOST04", text("Answers there"), Outcome.FAILED, subject=FAR, findings=(silent,)),
        entry("PIP02", text("Resolves"), subject=FAR),
    )
    hosts = (HostSummary(FAR, "3.7.9", "9.0.1", "svc", "", FAR),)
    flows = played(FAR, real=False, bad=("!gone",))
    told = report(*entries, targets=(FAR,), summary=msgspec.structs.replace(flows, hosts=hosts))

    (host,), (flow,) = host_lines(told), flow_lines(told)

    assert ("no", "unknown") == (host.index, host.packages)
    assert ["No answer there."] == [sentence.en for sentence in flow.because]
