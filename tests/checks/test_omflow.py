"""Findings about flows: declarations, imports, pins and Collectors."""

from __future__ import annotations

import msgspec
import pytest

from airproof.check import Failed, Finding, NotApplicable
from airproof.checks.omflow import (
    check_collectors_items_are_judged_on_a_collector,
    check_every_declared_package_is_a_requirement,
    check_every_import_has_a_provider,
    check_every_item_of_the_open_edition_runs,
    check_everything_in_the_flows_was_read,
    check_no_two_flows_pin_apart,
    check_the_library_has_what_is_imported,
)
from airproof.errors import CannotLook
from airproof.probes.installs.openends import Doubt, FlowWalk, ItemWalk, Walks
from airproof.probes.interpreters.library import Library
from airproof.probes.omflow.groups import flow_groups
from airproof.probes.omflow.providers import ImportUse, NameFindings, Provided
from airproof.site.flows import Flow, Import, Item
from airproof.site.group import Group
from airproof.site.hosts import Interpreter
from airproof.site.site import Site
from airproof.site.stored import OMFlowSetting
from tests.probes.pythons import host_of


def flow(title: str = "Demo / f", *items: Item) -> Flow:
    return Flow(title, "export.omf", items)


SERVER = Interpreter("python", "server")


def item(*packages: str, name: str = "fetch", collector: bool = False) -> Item:
    return Item(name, "python", packages, collector=collector)


def site(*flows: Flow, interpreters: tuple[Interpreter, ...] = ()) -> Site:
    return Site("http://192.0.2.1/", flows=flows, groups=flow_groups(flows), interpreters=interpreters)


def findings(caught: pytest.ExceptionInfo[Failed]) -> list[tuple[str, tuple[str, ...]]]:
    return [(finding.cause, finding.victims) for finding in caught.value.findings]


def test_without_flows_nothing_is_judged() -> None:
    """The reason is a fact: none was named."""
    with pytest.raises(NotApplicable) as caught:
        check_everything_in_the_flows_was_read(site())

    assert "no-flow" == caught.value.key


def test_what_pip_cannot_read_is_found() -> None:
    """With the text and the item; it is not handed to pip, and the rest is."""
    asked = site(flow("Demo / f", Item("fetch", "python", ("good==1.0", "two words"), ("two words",))))

    with pytest.raises(Failed) as caught:
        check_every_declared_package_is_a_requirement(asked)

    assert [("package-unreadable", ("Demo / f",))] == findings(caught)
    assert (("good==1.0",),) == tuple(group.requirements for group in asked.groups)


def test_readable_declarations_pass() -> None:
    """Names, versions and extras."""
    seen = check_every_declared_package_is_a_requirement(site(flow("Demo / f", item("a", "b==1.0", "c[x]>=2"))))

    assert {"flows": 1, "packages": 3} == seen.values


def provided(
    *uses: ImportUse, providers: dict[str, NameFindings] | None = None, absent: tuple[str, ...] = ()
) -> Provided:
    return Provided("cp311-linux", uses, providers or {}, absent)


LIBRARY = Library("cp311-linux", {"xml.dom": "", "xml.airsub.deep": "xml.airsub"})


def judged_imports(facts: Provided, asked: Site | None = None) -> list[Finding]:
    try:
        check_every_import_has_a_provider(asked or site(flow()), facts, host_of(), LIBRARY)
    except Failed as error:
        return list(error.findings)
    return []


AT = ("Demo / f / fetch",)


def test_an_import_that_nobody_provides_is_found() -> None:
    """Two causes: the index could provide it, then it is to be declared; or it could not, then it is to be carried."""
    facts = provided(
        ImportUse("yaml", AT, False),
        ImportUse("gone", AT, False),
        providers={"yaml": NameFindings("yaml", ("pyyaml",))},
    )

    assert [("import-not-declared", AT, "pyyaml"), ("import-unprovided", AT, "a package")] == [
        (imported.cause, imported.victims, imported.wanted) for imported in judged_imports(facts)
    ]


def test_the_open_edition_has_no_list_of_packages() -> None:
    """Whatever the index has, nobody is told to declare something."""
    facts = provided(ImportUse("yaml", AT, False), providers={"yaml": NameFindings("yaml", ("pyyaml",))})

    found = [(imported.cause, imported.values["distribution"]) for imported in judged_imports(facts, opened(flow()))]
    assert [("import-inside-missing", "pyyaml")] == found


def test_an_import_that_is_provided_or_optional_is_none() -> None:
    """A declared package has it, or the code goes on without it, or its declaration is what is wrong already."""
    facts = provided(
        ImportUse("a", AT, False, "a-dist"), ImportUse("b", AT, True), ImportUse("c", AT, False), absent=("c",)
    )

    assert [] == judged_imports(facts)


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ("a==1.0", "a==2.0", True),
        ("a==1.0", "a>=2", True),
        ("a==1.0", "a", False),
        ("a==1.0", "A==1.0.0", False),
        ("a>=1", "a>=2", False),
        ("a==1.*", "a==1.5", False),
        ("a==1.0", "b==2.0", False),
        ('a==1.0 ; python_version < "3"', "a==2.0", False),
    ],
)
def test_pins_of_two_flows_are_compared(first: str, second: str, apart: bool) -> None:
    """They exclude each other only where no version could meet both."""
    asked = site(flow("Demo / one", item(first)), flow("Demo / two", item(second)))
    found: list[tuple[str, ...]] = []
    try:
        check_no_two_flows_pin_apart(asked)
    except Failed as error:
        found = [finding.victims for finding in error.findings]

    assert ([("Demo / one", "Demo / two")] if apart else []) == found


def test_a_collectors_item_without_a_collector_is_named() -> None:
    """With one asked it holds."""
    flows = (flow("Demo / f", item("a"), item("b", name="far", collector=True)),)
    server, far = Interpreter("python", "server"), Interpreter("python", "far", collector=True)

    with pytest.raises(Failed) as caught:
        check_collectors_items_are_judged_on_a_collector(site(*flows, interpreters=(server,)))
    seen = check_collectors_items_are_judged_on_a_collector(site(*flows, interpreters=(server, far)))

    assert [("collector-not-asked", ("Demo / f",))] == findings(caught)
    assert {"items": 1, "hosts": 1} == seen.values


def test_a_servers_items_without_a_server_are_told() -> None:
    """The finding tells that only Collectors are asked; there is none if no host is asked, or nothing is asked for."""
    far = Interpreter("python", "far", collector=True)
    flows = (flow("Demo / f", item("a")), flow("Demo / g", item("b", name="far", collector=True)))

    with pytest.raises(Failed) as caught:
        check_collectors_items_are_judged_on_a_collector(site(*flows, interpreters=(far,)))

    assert [("server-not-asked", ("Demo / f",))] == findings(caught)
    check_collectors_items_are_judged_on_a_collector(site(flows[1], interpreters=(far,)))
    check_collectors_items_are_judged_on_a_collector(site(flows[0], interpreters=()))


def test_an_item_of_the_open_edition_that_a_collector_runs_is_named_by_its_imports() -> None:
    """It declares nothing, and an item without any import needs nothing of a Collector."""
    plain = Item("plain", "python", collector=True)
    far = Item("far", "python", text="import a\n", lines=("a",), collector=True, place="north")
    south = Interpreter("python", "south", collector=True, collector_name="South")
    asked = msgspec.structs.replace(opened(flow("Demo / f", plain, far)), interpreters=(SERVER, south))

    with pytest.raises(Failed) as caught:
        check_collectors_items_are_judged_on_a_collector(asked)

    assert [("collector-not-known", ("Demo / f",))] == findings(caught)
    assert ["Demo / f / far", "north", "south"] == [
        caught.value.findings[0].values[name] for name in ("items", "names", "hosts")
    ]


def test_the_open_edition_without_a_collector_runs_its_items_on_the_server() -> None:
    """Oracle: it ignores a Collector's name and `load_balance`, and runs the items in its own process."""
    far = Item("far", "python", text="import a\n", lines=("a",), collector=True, place="c1")
    shared = Item("shared", "python", text="import a\n", lines=("a",), collector=True, place=None)
    asked = msgspec.structs.replace(opened(flow("Demo / f", far, shared)), interpreters=(SERVER,))

    seen = check_collectors_items_are_judged_on_a_collector(asked)

    assert {"items": 0, "hosts": 0} == seen.values
    assert [("", False), ("", False)] == [
        (item.place, item.collector) for flow in asked.flows_for(SERVER) for item in flow.items
    ]


@pytest.mark.parametrize(
    ("name", "hosts", "judged", "known"),
    [
        ("Plant A", {"plant-a": True, "plant-b": True}, ["plant-a"], True),
        ("PLANT_A", {"h1": "plant a", "plant-b": True}, ["h1"], True),
        ("ＰＬＡＮＴ－Ａ", {"plant-a": True, "plant-b": "plant-a2"}, ["plant-a"], True),
        ("plant-a", {"plant-a": "plant-b", "h2": "plant-a"}, ["h2"], True),
        ("c.1", {"c-1": True, "c.1": True}, ["c.1"], True),
        ("c_1", {"c-1": True, "c.1": True}, ["c-1", "c.1"], True),
        ("C-3", {"c3": True, "c8": True}, ["c3"], True),
        ("c1-2", {"c12": True, "c-1-2": True}, ["c12", "c-1-2"], True),
        ("北區", {"北區": True, "南區": True}, ["北區"], True),
        ("north", {"h1": True}, ["h1"], True),
        ("north", {"h1": "south"}, ["h1"], False),
        ("north", {"h1": True, "h2": "south"}, ["h1"], True),
        ("north", {"h1": True, "h2": True}, ["h1", "h2"], False),
        ("north", {"h1": "south", "h2": "west"}, ["h1", "h2"], False),
        ("north", {}, ["server"], False),
        ("---", {"h1": True, "h2": True}, ["h1", "h2"], False),
        (None, {"h1": True, "h2": "south"}, ["h1", "h2"], True),
    ],
)
def test_an_item_is_judged_for_the_collector_that_it_names(
    name: str | None, hosts: dict[str, bool | str], judged: list[str], known: bool
) -> None:
    """As the user said the Collector's name, else by the host's; in any case, width and spelling."""
    collectors = [
        Interpreter("", label, True, collector_name=called if isinstance(called, str) else "", host_name=label)
        for label, called in hosts.items()
    ]
    far = Item("far", "python", ("a",), collector=True, place=name)
    asked = site(flow("Demo / f", far), interpreters=(SERVER, *collectors))

    found = asked.runners_of(far.runner)

    assert (judged, known) == ([entry.label for entry in found.interpreters], found.known)
    assert judged == [entry.label for entry in asked.interpreters if any(flow.items for flow in asked.flows_for(entry))]


def test_the_packages_of_each_collector_are_a_group_of_their_own() -> None:
    """Two Collectors of one flow install apart; what is shared out is a third group."""
    items = [
        Item(name, "python", (f"{name}-package",), collector=True, place=place)
        for name, place in (("a", "north"), ("b", "south"), ("c", None))
    ]

    groups = flow_groups([flow("Demo / f", item("near-package", name="near"), *items)])

    assert {
        "Demo / f": ("near-package",),
        "Demo / f (Collector)": ("c-package",),
        "Demo / f (Collector north)": ("a-package",),
        "Demo / f (Collector south)": ("b-package",),
    } == {group.name: group.requirements for group in groups}


def test_what_is_judged_in_anothers_place_is_told_apart() -> None:
    """The groups and requirements that are asked of an interpreter for a host that is not known, and for no other."""
    near, far = item("a", "b", name="near"), Item("far", "python", ("b", "c"), collector=True, place="c1")
    flows = (flow("Demo / f", near, far),)
    asked = Site("http://192.0.2.1/", groups=flow_groups(flows), flows=flows, interpreters=(SERVER,))

    assert {"c", "Demo / f (Collector)"} == asked.in_place("server")
    assert set() == asked.in_place("nobody")


def test_a_collectors_packages_are_asked_of_the_collector_alone() -> None:
    """And the others of the server; what no flow declares is asked of both. Without a Collector all is asked of all."""
    server, far = Interpreter("python", "server"), Interpreter("python", "far", collector=True)
    flows = (flow("Demo / f", item("a"), item("b", collector=True)),)
    plain = Site("http://192.0.2.1/", groups=(Group("c", ("c",)), *flow_groups(flows)), interpreters=(server, far))

    def asked_of(one: Interpreter, within: Site) -> list[str]:
        return [requirement for group in within.groups_for(one) for requirement in group.requirements]

    assert (["c", "a"], ["c", "b"]) == (asked_of(server, plain), asked_of(far, plain))
    assert ["c", "a", "b"] == asked_of(server, Site(plain.url, groups=plain.groups, interpreters=(server,)))


def test_a_further_flow_takes_nothing_from_an_interpreter() -> None:
    """Beside a server a Collector runs no server's item, whether or not a flow names a Collector; alone it is judged in
    the server's place.
    """
    server, far = Interpreter("python", "server"), Interpreter("python", "far", collector=True)
    plain, more = flow("Demo / f", item("a")), flow("Demo / g", item("b", collector=True))

    def asked_of(one: Interpreter, flows: tuple[Flow, ...], *asked: Interpreter) -> list[str]:
        within = Site("http://192.0.2.1/", groups=flow_groups(flows), flows=flows, interpreters=asked)
        assert [name.requirements for name in within.groups_for(one)] == [
            (package,) for found in within.flows_for(one) for package, _ in found.declared()
        ]
        return [requirement for group in within.groups_for(one) for requirement in group.requirements]

    assert [] == asked_of(far, (plain,), server, far)
    assert ["b"] == asked_of(far, (plain, more), server, far)
    assert ["a"] == asked_of(far, (plain,), far)
    assert ["a", "b"] == asked_of(far, (plain, more), far)


def test_what_could_not_be_read_is_told() -> None:
    """A value that is no text, and code that is no Python; each with its item."""
    odd = Item("fetch", "python", strange=("number", "number"), unparsed="line 1: invalid syntax")

    with pytest.raises(Failed) as caught:
        check_everything_in_the_flows_was_read(site(flow("Demo / f", odd)))

    assert ["package-strange", "code-unparsed"] == [finding.cause for finding in caught.value.findings]


def importing(*, optional: bool = False, autoinstall: bool = True) -> Flow:
    modules = ("xml.dom", "xml.airsub.deep", "alpha")
    imports = tuple(Import(module, optional) for module in modules)
    return flow("Demo / f", Item("fetch", "python", imports=imports, lines=modules, autoinstall=autoinstall))


def opened(*flows: Flow) -> Site:
    return msgspec.structs.replace(site(*flows), stored=OMFlowSetting("db.omflow", "database", "", ""))


def of_library(asked: Site) -> list[tuple[str, str, tuple[str, ...]]]:
    try:
        check_the_library_has_what_is_imported(asked, host_of(), LIBRARY)
    except Failed as error:
        return [(finding.cause, finding.values["requirement"], finding.victims) for finding in error.findings]
    return []


def test_a_part_of_the_library_that_is_missing_is_found() -> None:
    """By what of its name is missing; the open edition tries the line also where the code could do without."""
    found = [("not-in-standard-library", "xml.airsub", ("Demo / f",))]

    assert found == of_library(opened(importing()))
    assert found == of_library(opened(importing(optional=True)))
    assert found == of_library(opened(importing(autoinstall=False)))


def test_a_library_that_has_everything_passes() -> None:
    """With the count of what was asked for; only the open edition tries lines."""
    whole = Library("cp311-linux", {"xml.dom": "", "xml.airsub.deep": ""})

    seen = check_the_library_has_what_is_imported(opened(importing()), host_of(), whole)
    with pytest.raises(NotApplicable) as caught:
        check_the_library_has_what_is_imported(site(importing()), host_of(), whole)

    assert ({"modules": 2, "label": "cp311-linux"}, "no-open-edition") == (seen.values, caught.value.key)


@pytest.mark.parametrize(
    ("asked", "causes"),
    [
        (site(importing()), ["not-in-standard-library"]),
        (site(importing(optional=True)), []),
        (opened(importing()), []),
        (opened(importing(autoinstall=False)), []),
    ],
    ids=["commercial", "optional", "tried", "not-installed"],
)
def test_what_fails_when_the_flow_runs_is_advised(asked: Site, causes: list[str]) -> None:
    """An import that no activation tries, and that the code needs, is advised."""
    assert causes == [imported.cause for imported in judged_imports(provided(), asked)]


def played(*items: ItemWalk) -> list[tuple[str, str]]:
    walks = Walks("cp311-linux", (FlowWalk("Demo / f", items),))
    try:
        check_every_item_of_the_open_edition_runs(opened(importing()), walks, host_of(), provided())
    except Failed as error:
        return [(finding.cause, finding.values["item"]) for finding in error.findings]
    return []


@pytest.mark.parametrize(
    ("walk", "causes"),
    [
        (ItemWalk("a"), []),
        (ItemWalk("a", "still-missing", ("pyVim",), name="pyVim"), ["module-still-missing"]),
        (ItemWalk("a", "after-restart", ("alpha",), name="alpha"), ["module-after-restart"]),
        (ItemWalk("a", "may-not-install", name="beta"), ["item-may-not-install"]),
        (ItemWalk("a", "name-refused", name="_private"), ["name-refused-by-pip"]),
        (ItemWalk("a", "import-raises", said="cannot import name"), ["item-import-fails"]),
        (ItemWalk("a", "line-raises", line="raise ValueError"), ["import-line-code-fails"]),
        (ItemWalk("a", "import-raises", untold="alpha.act()"), ["item-import-fails"]),
        (ItemWalk("a", "code-imports", name="beta"), ["code-import-missing"]),
        (ItemWalk("a", "code-broken", said="line 2"), ["item-code-broken"]),
        (ItemWalk("a", "submodule-missing", ("alpha.x",), name="alpha.x"), ["submodule-missing"]),
        (ItemWalk("a", "still-missing", ("xml.airsub",), name="xml.airsub"), []),  # told by OMF13
        (ItemWalk("a", "broken-line"), []),  # told by OMF12
        (ItemWalk("a", "not-installed", ("gone",), name="gone"), []),  # told by PIP02 and OMF11
    ],
)
def test_how_an_item_ends_is_its_cause(walk: ItemWalk, causes: list[str]) -> None:
    """Each way of ending has one cause, and what another check tells is not told twice."""
    assert [(cause, "Demo / f / a") for cause in causes] == played(walk)


@pytest.mark.parametrize(
    ("doubt", "line", "key"),
    [
        ("code", "alpha.act()", "code-on-import-line"),
        ("part", "import six.moves", "part-untold"),
        ("newer", "line 1: invalid syntax", "code-newer"),
        ("behind", "import later", "import-behind-code"),
    ],
)
def test_what_nobody_knows_leaves_it_open_whether_an_item_runs(doubt: Doubt, line: str, key: str) -> None:
    """How a call ends without making it; whether another host has a part that its files do not show; and what is
    there behind code that may bring modules.
    """
    with pytest.raises(CannotLook) as caught:
        played(ItemWalk("a", untold=line, doubt=doubt))

    assert (key, line) == (caught.value.key, caught.value.values["line"])


def test_only_the_open_editions_flows_are_played() -> None:
    """The other edition's are not."""
    with pytest.raises(NotApplicable) as caught:
        check_every_item_of_the_open_edition_runs(site(importing()), None, host_of(), provided())

    assert "no-open-edition" == caught.value.key
