"""The one table of options: each command line, the keys of airproof.toml, the options of the pytest plug-in and the
table in docs/options.md follow from it. What an option means stands in options.toml.

Imports nothing heavy: the plug-in reads the table in every pytest session of an environment that has airproof.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from airproof.custody.cvss import THRESHOLDS

WORDS = Path(__file__).with_name("options.toml")
LANGUAGES = ("en", "zh-TW")
COMMANDS = ("rehearse", "check", "drill", "carry", "probe", "report", "explain")
PLUGIN = "airproof-"
"""Beginning of the names of the plug-in's options."""
VARIABLES = "AIRPROOF_"
"""Beginning of the names of environment variables."""
PARTS = ("asked", "whom", "how", "report")
"""Sections of the help: what is asked for, for which interpreters and hosts, how it is looked at, and the report."""


class Option(NamedTuple):
    """One option, or one positional argument, of one or several commands."""

    names: tuple[str, ...]
    """Its flags, or the name of a positional argument."""
    commands: tuple[str, ...]
    value: str = ""
    """Placeholder of its value in help texts; a switch has none."""
    field: str = ""
    """The field of `TypedOptions` that it fills; empty: the command reads it itself."""
    key: str = ""
    """Its key in airproof.toml. One that begins with a bracket lies in a table that `settings` reads by hand."""
    plugin: bool = False
    """The pytest plug-in has it too, as `--airproof-NAME`."""
    many: bool = False
    """May be given several times."""
    kind: type = str
    choices: tuple[str, ...] = ()
    default: str | None = None
    required: bool = False
    sets: bool = True
    """The value that a switch puts into its field."""
    words: str = ""
    """Its entry in options.toml; empty: its name."""
    part: str = "report"
    """The heading under which a command's help lists it, one of PARTS."""

    @property
    def name(self) -> str:
        """Without dashes, such as `report-dir`."""
        return self.names[-1].lstrip("-")

    @property
    def variable(self) -> str:
        """The environment variable that gives it, such as `AIRPROOF_REPORT_DIR`."""
        return f"{VARIABLES}{self.name.upper().replace('-', '_')}"

    @property
    def is_switch(self) -> bool:
        return not self.value and not self.choices

    @property
    def positional(self) -> bool:
        return not self.names[0].startswith("-")

    @property
    def text(self) -> str:
        """Key of its help text."""
        return self.words or self.name

    def definition(self) -> dict[str, Any]:
        """The keywords of `add_argument`; pytest's `addoption` takes the same."""
        defined: dict[str, Any] = {"dest": self.field or self.name.replace("-", "_")}
        if self.is_switch:
            return defined | {"action": "store_const", "const": self.sets, "default": None if self.field else False}
        if self.value:
            defined["metavar"] = self.value
        if self.choices:
            defined["choices"] = self.choices
        if self.kind is not str:
            defined["type"] = self.kind
        if self.positional:
            del defined["dest"]
            repeated, single = ("+", "") if self.required else ("*", "?")
            number = repeated if self.many else single
            return defined | ({"nargs": number} if number else {})
        if self.required:
            defined["required"] = True
        return defined | ({"action": "append", "default": []} if self.many else {"default": self.default})


def _option(names: str, commands: str, value: str = "", **more: Any) -> Option:
    return Option(tuple(names.split()), COMMANDS if commands == "all" else tuple(commands.split()), value, **more)


OPTIONS = (
    _option("url", "check probe", "URL", field="url", key="index.url", plugin=True, part="asked"),
    _option("-i --index-url", "check probe", "URL", part="asked"),
    _option("wheelhouse", "rehearse", "WHEELHOUSE", field="wheelhouse", key="packages.wheelhouse", part="asked"),
    _option("dest", "carry", "DEST", required=True, part="asked"),
    _option("records", "report", "RECORD", many=True, required=True, part="asked"),
    _option("check", "explain", "CHECK-ID", words="check-id", part="asked"),
    _option(
        "-p --package",
        "check rehearse carry probe",
        "REQ",
        field="packages",
        key="packages.requirements",
        plugin=True,
        many=True,
        part="asked",
    ),
    _option(
        "-r --requirement",
        "check rehearse carry probe",
        "FILE",
        field="requirements",
        key="packages.files",
        plugin=True,
        many=True,
        part="asked",
    ),
    _option(
        "-c --constraint",
        "check rehearse carry probe",
        "FILE",
        field="constraints",
        key="packages.constraints",
        many=True,
        part="asked",
    ),
    _option(
        "--group",
        "check rehearse carry probe",
        "[PATH:]GROUP",
        field="dependency_groups",
        key="packages.groups",
        many=True,
        part="asked",
    ),
    _option(
        "--python", "check rehearse", "EXE", field="pythons", key="[[host]] python", plugin=True, many=True, part="whom"
    ),
    _option("--python", "drill", "EXE", words="drill-python", part="whom"),
    _option(
        "--target",
        "check rehearse carry",
        "T",
        field="targets",
        key="[[target]] name",
        plugin=True,
        many=True,
        part="whom",
    ),
    _option("--all", "check rehearse", field="all_projects", part="asked"),
    _option("--deep", "check", field="deep", part="how"),
    _option("--serverdir", "check", "DIR", field="serverdir", part="how"),
    _option("--manifest", "check", "DIR", field="manifests", many=True, part="asked"),
    _option("--signers", "check rehearse", "FILE", field="signers", part="asked"),
    _option("--signers", "report", "FILE", words="report-signers"),
    _option("--scanner", "check rehearse", "COMMAND", field="scanner", key="packages.scanner", part="how"),
    _option("--advisories", "check rehearse carry", "FILE", field="advisories", key="custody.advisories", part="asked"),
    _option(
        "--fail-on", "check rehearse carry", field="fail_on", key="custody.fail-on", choices=THRESHOLDS, part="how"
    ),
    _option("--vex", "check rehearse carry", "FILE", field="vex", key="custody.vex", many=True, part="how"),
    _option("--server", "carry", "T", part="whom"),
    _option("--airproof", "carry", "WHEEL", part="how"),
    _option("--no-tools", "carry", part="how"),
    _option("--sdists", "carry", part="how"),
    _option("--build-wheels", "carry", part="how"),
    _option("--have", "carry", "RECORD", part="asked"),
    _option("--docs", "carry", "DIR", part="asked"),
    _option("--sign", "carry", "KEY", part="how"),
    _option("--sign", "report", "KEY", words="report-sign"),
    _option("--verify", "report"),
    _option(
        "--pip-command",
        "check rehearse probe",
        "TEMPLATE",
        field="pip_command",
        key="pip-command",
        plugin=True,
        part="how",
    ),
    _option(
        "--flow",
        "check rehearse carry probe",
        "FILE",
        field="flows",
        key="packages.flows",
        plugin=True,
        many=True,
        part="asked",
    ),
    _option("--edition", "check rehearse carry probe", field="edition", choices=("open", "commercial"), part="asked"),
    _option("--omflow", "check probe", "DB|URL", field="omflow", key="omflow.source", plugin=True, part="asked"),
    _option(
        "--omflow-setting",
        "check probe",
        "NAME",
        field="omflow_setting",
        key="omflow.setting",
        plugin=True,
        part="asked",
    ),
    _option("--facts", "check", "FILE", field="facts", key="[[host]] facts", many=True, part="whom"),
    _option("--hosts", "check", "SPEC", field="fleet", key="[[host]] ssh", many=True, part="whom"),
    _option("--hosts-at-once", "check", "N", field="hosts_at_once", key="hosts-at-once", kind=int, part="whom"),
    _option("--out", "probe", "FILE", required=True),
    _option("--form", "check", field="form", key="index.form", choices=("offline", "online"), part="how"),
    _option("--allow-host", "check", "HOST[:PORT]", field="further", key="index.allow-hosts", many=True, part="how"),
    _option("--ca", "check probe rehearse", "FILE", field="ca", key="index.ca", plugin=True, part="how"),
    _option("--no-login", "check", field="login", key="index.login", plugin=True, sets=False, part="how"),
    _option(
        "--no-import", "check rehearse", field="imports", key="packages.imports", plugin=True, sets=False, part="how"
    ),
    _option(
        "--timeout",
        "check rehearse probe",
        "S",
        field="timeout",
        key="index.timeout",
        plugin=True,
        kind=float,
        part="how",
    ),
    _option("--load", "check", "N", field="load", kind=int, part="how"),
    _option("--load-hosts", "check", "N", field="load_hosts", key="load.hosts", kind=int, part="how"),
    _option(
        "--activation-time", "check", "S", field="activation_time", key="load.activation-time", kind=float, part="how"
    ),
    _option("-j --jobs", "check rehearse drill", "N", field="jobs", key="jobs", kind=int, part="how"),
    _option("--timeout", "carry", "S", kind=float, words="carry-timeout", part="how"),
    _option("--checks", "check rehearse explain", "FILE", field="checks", key="report.checks", plugin=True, many=True),
    _option(
        "--allow-licence",
        "check rehearse",
        "SPDX",
        field="licences_allowed",
        key="licences.allow",
        plugin=True,
        many=True,
        part="how",
    ),
    _option(
        "--deny-licence",
        "check rehearse",
        "SPDX",
        field="licences_denied",
        key="licences.deny",
        plugin=True,
        many=True,
        part="how",
    ),
    _option(
        "--waive",
        "check rehearse carry",
        "ID[:SUBJECT][@UNTIL]=REASON",
        field="waive",
        key="[waive]",
        plugin=True,
        many=True,
    ),
    _option("--strict", "check rehearse", field="strict", key="report.strict", plugin=True),
    _option("--report-dir", "check rehearse", "DIR", field="report_dir", key="report.dir", plugin=True),
    _option("--sbom", "check rehearse", field="sbom", key="report.sbom"),
    _option("--sbom", "carry", words="carry-sbom", part="how"),
    _option("--only", "drill", "FAMILY|SCENARIO", many=True, part="asked"),
    _option(
        "--server-option",
        "rehearse",
        "OPT",
        field="server_options",
        key="packages.server-options",
        many=True,
        part="how",
    ),
    _option("--keep", "rehearse", "DIR", field="keep", part="how"),
    _option("--restore", "rehearse", "BACKUP", field="restore", part="asked"),
    _option("--against", "rehearse", "RECORD|URL", field="against", part="asked"),
    _option("--format", "report", "FORMAT", default="terminal"),
    _option("--format", "check rehearse", "FORMAT", default="terminal", words="run-format"),
    _option("--output", "report", "FILE"),
    _option("--baseline", "report", "RECORD"),
    _option("--only-new", "report"),
    _option("--max-age", "report", "HOURS", kind=float),
    _option("-q --quiet", "check rehearse carry report"),
    _option("--verbose", "check rehearse report"),
    _option("--lang", "all", choices=LANGUAGES),
)
IN_PYTEST = tuple(option for option in OPTIONS if option.plugin)


def options_of(command: str) -> tuple[Option, ...]:
    return tuple(option for option in OPTIONS if command in option.commands)


def given(values: Mapping[str, Any], options: tuple[Option, ...]) -> dict[str, Any]:
    """The fields of `TypedOptions` that these options fill, without those that nobody gave."""
    filled = {option.field: values[option.field] for option in options if option.field}
    return {field: value for field, value in filled.items() if value is not None and value != []}
