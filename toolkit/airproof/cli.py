"""The commands and their options. Prints errors, returns exit codes; everything else is elsewhere and imported when
needed.
"""

from __future__ import annotations

import argparse
import io
import locale
import os
import sys
from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from airproof import __version__

if TYPE_CHECKING:
    from airproof.words import Lang, Text

WORDS = Path(__file__).with_name("cli.toml")
BAD_USAGE = 2
COULD_NOT_LOOK = 3
INTERRUPTED = 130
COMMANDS = ("rehearse", "check", "drill", "carry", "probe", "report", "explain")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 accepted, 1 rejected, 2 bad usage, 3 inconclusive, 130
    interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words == ["--version"]:  # without reading a single text: the fastest question there is
        return _print_version()
    _make_output_safe()
    from airproof.encodable import encodable  # noqa: PLC0415 - not needed for --version
    from airproof.errors import AirproofError, BadInput  # noqa: PLC0415 - not needed for --version
    from airproof.site.site import masked  # noqa: PLC0415 - not needed for --version
    from airproof.system.output import complain  # noqa: PLC0415 - not needed for --version

    lang = language(words)
    try:
        for word in words:
            if encodable(word) != word:  # bytes of another encoding, or half a character: no report could show it
                raise BadInput("not-text", given=encodable(masked(word)))
        commands = parser(lang)
        if not words:
            commands.print_help()
            return BAD_USAGE
        return run_command(commands.parse_args(words))
    except AirproofError as error:
        complain(error.text.of(lang))
        return BAD_USAGE if isinstance(error, BadInput) else COULD_NOT_LOOK
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # of standard error: nobody follows, and nothing was said of the site
        return COULD_NOT_LOOK
    except Exception as error:  # airproof's own fault says nothing of the site, so its exit code must not either
        from airproof.crash import describe_crash  # noqa: PLC0415 - not needed where nothing goes wrong

        complain(describe_crash(error, words).text.of(lang))
        return COULD_NOT_LOOK


def _print_version() -> int:
    """Print the version, and load nothing else unless that fails."""
    try:
        print(f"airproof {__version__}", flush=True)  # noqa: T201 - this is the command line
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the interpreter writes it again
        print(f"airproof: {error.strerror}", file=sys.stderr)  # noqa: T201 - as above
        return BAD_USAGE
    return 0


def run_command(options: argparse.Namespace) -> int:
    """The chosen command; each lies in a module of its own, so that starting one does not load the others."""
    import importlib  # noqa: PLC0415 - not needed for --version

    from airproof.system.workdir import remove_abandoned  # noqa: PLC0415 - not needed for --version

    remove_abandoned()
    code: int = importlib.import_module(f"airproof.commands.{options.command}").run(options)
    return code


def language(words: Sequence[str]) -> Lang:
    """`--lang`, also where the rest cannot be parsed; else the system's."""
    for word, after in zip_longest(words, words[1:], fillvalue=""):
        named = after if word == "--lang" else word.removeprefix("--lang=") if word.startswith("--lang=") else ""
        if named in ("en", "zh-TW"):
            return "zh-TW" if named == "zh-TW" else "en"
    said = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), None)
    if said is None:
        said = locale.getlocale()[0] or ""  # Windows says "Chinese (Traditional)_Taiwan"
    traditional = said.startswith(("zh_TW", "zh_HK", "zh_MO", "zh-TW", "zh_Hant", "Chinese (Traditional)"))
    return "zh-TW" if traditional else "en"


class _Parser(argparse.ArgumentParser):
    """argparse with the house's way to complain: one sentence, the mend, exit code 2."""

    lang: Lang = "en"

    def error(self, message: str) -> NoReturn:
        from airproof.system.output import complain  # noqa: PLC0415 - not needed for --version

        complain(_text("bad-usage").fill({"message": message, "prog": self.prog}).of(self.lang))
        raise SystemExit(BAD_USAGE)


def parser(lang: Lang) -> argparse.ArgumentParser:
    """All commands with their options, their help in the reader's language."""
    _Parser.lang = lang

    def help(key: str) -> str:
        return _text(key).of(lang).replace("%", "%%")

    top = _Parser(prog="airproof", description=help("airproof"), allow_abbrev=False)
    top.add_argument("--lang", choices=("en", "zh-TW"), default=lang, help=help("lang"))
    top.add_argument("--version", action="version", version=f"airproof {__version__}", help=help("version"))
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", title=help("commands"))
    made: dict[str, argparse.ArgumentParser] = {}
    for name in COMMANDS:
        made[name] = commands.add_parser(name, help=help(name), description=help(name), allow_abbrev=False)
        made[name].add_argument("--lang", choices=("en", "zh-TW"), default=lang, help=help("lang"))
    for name in ("rehearse", "check", "probe"):
        _asking_options(made[name], help)
    for name in ("rehearse", "check", "probe", "carry"):
        made[name].add_argument("--edition", choices=("open", "commercial"), help=help("edition"))
    for name in ("rehearse", "check"):
        _judging_options(made[name], help)
    made["probe"].add_argument("url", nargs="?", metavar="URL", help=help("url"))
    made["probe"].add_argument("--out", metavar="FILE", required=True, help=help("out"))
    made["probe"].add_argument("--ca", metavar="FILE", help=help("ca"))
    made["rehearse"].add_argument("wheelhouse", nargs="?", metavar="WHEELHOUSE", help=help("wheelhouse"))
    made["rehearse"].add_argument(
        "--server-option", action="append", default=[], metavar="OPT", help=help("server-option")
    )
    made["rehearse"].add_argument("--keep", metavar="DIR", help=help("keep"))
    made["check"].add_argument("url", nargs="?", metavar="URL", help=help("url"))
    made["check"].add_argument("--deep", action="store_true", help=help("deep"))
    made["check"].add_argument("--serverdir", metavar="DIR", help=help("serverdir"))
    made["check"].add_argument("--manifest", metavar="DIR", help=help("manifest"))
    for name in ("check", "probe"):
        made[name].add_argument("--omflow", metavar="DB|URL", help=help("omflow"))
        made[name].add_argument("--omflow-setting", metavar="NAME", help=help("omflow-setting"))
    made["check"].add_argument("--facts", action="append", default=[], metavar="FILE", help=help("facts"))
    made["check"].add_argument("--hosts", action="append", default=[], metavar="SPEC", help=help("hosts"))
    made["check"].add_argument("--hosts-at-once", type=int, metavar="N", help=help("hosts-at-once"))
    made["check"].add_argument("--form", choices=("offline", "online"), help=help("form"))
    made["check"].add_argument("--ca", metavar="FILE", help=help("ca"))
    made["check"].add_argument(
        "--allow-host", action="append", default=[], metavar="HOST[:PORT]", help=help("allow-host")
    )
    made["check"].add_argument("--no-login", action="store_true", help=help("no-login"))
    made["drill"].add_argument("--only", action="append", default=[], metavar="FAMILY|SCENARIO", help=help("only"))
    made["drill"].add_argument("--python", metavar="EXE", help=help("drill-python"))
    _carry_options(made["carry"], help)
    report = made["report"]
    report.add_argument("records", nargs="+", metavar="RECORD", help=help("record"))
    report.add_argument("--format", default="terminal", metavar="FORMAT", help=help("format"))
    report.add_argument("--output", metavar="FILE", help=help("output"))
    report.add_argument("--baseline", metavar="RECORD", help=help("baseline"))
    report.add_argument("--only-new", action="store_true", help=help("only-new"))
    report.add_argument("--quiet", action="store_true", help=help("quiet"))
    report.add_argument("--verbose", action="store_true", help=help("verbose"))
    made["explain"].add_argument("check", nargs="?", metavar="CHECK-ID", help=help("check-id"))
    made["explain"].add_argument("--checks", action="append", default=[], metavar="FILE", help=help("checks"))
    return top


def _asking_options(to: argparse.ArgumentParser, help: object) -> None:
    """What is asked for: of `rehearse`, `check` and `probe`."""
    say = help if callable(help) else str
    to.add_argument("-p", "--package", action="append", default=[], metavar="REQ", help=say("package"))
    to.add_argument("-r", "--requirement", action="append", default=[], metavar="FILE", help=say("requirement"))
    to.add_argument("--flow", action="append", default=[], metavar="FILE", help=say("flow"))
    to.add_argument("--pip-command", metavar="TEMPLATE", help=say("pip-command"))
    to.add_argument("--timeout", type=float, metavar="S", help=say("timeout"))


def _judging_options(to: argparse.ArgumentParser, help: object) -> None:
    """What `rehearse` and `check` have in common besides."""
    say = help if callable(help) else str
    to.add_argument("--python", action="append", default=[], metavar="EXE", help=say("python"))
    to.add_argument("--target", action="append", default=[], metavar="T", help=say("target"))
    to.add_argument("--all", action="store_true", help=say("all"))
    to.add_argument("--no-import", action="store_true", help=say("no-import"))
    to.add_argument("--checks", action="append", default=[], metavar="FILE", help=say("checks"))
    to.add_argument("--waive", action="append", default=[], metavar="ID[:SUBJECT]=REASON", help=say("waive"))
    to.add_argument("--strict", action="store_true", help=say("strict"))
    to.add_argument("--report-dir", metavar="DIR", help=say("report-dir"))
    to.add_argument("--quiet", action="store_true", help=say("quiet"))
    to.add_argument("--verbose", action="store_true", help=say("verbose"))


def _carry_options(to: argparse.ArgumentParser, say: Callable[[str], str]) -> None:
    to.add_argument("dest", metavar="DEST", help=say("dest"))
    to.add_argument("-p", "--package", action="append", default=[], metavar="REQ", help=say("package"))
    to.add_argument("-r", "--requirement", action="append", default=[], metavar="FILE", help=say("requirement"))
    to.add_argument("--flow", action="append", default=[], metavar="FILE", help=say("flow"))
    to.add_argument("--target", action="append", default=[], metavar="T", help=say("target"))
    to.add_argument("--server", metavar="T", help=say("server"))
    to.add_argument("--airproof", metavar="WHEEL", help=say("own-wheel"))
    to.add_argument("--no-tools", action="store_true", help=say("no-tools"))
    to.add_argument("--sdists", action="store_true", help=say("sdists"))
    to.add_argument("--have", metavar="RECORD", help=say("have"))
    to.add_argument("--timeout", type=float, metavar="S", help=say("timeout"))
    to.add_argument("--quiet", action="store_true", help=say("quiet"))


def _text(key: str) -> Text:
    from airproof.words import load_texts  # noqa: PLC0415 - not needed for --version

    return load_texts(WORDS)[key]


def _make_output_safe() -> None:
    """Open the null device in place of a closed output, and escape what a console of code page 950 or 1252 lacks."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # its descriptor is free, and the next file that is opened would get it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - open until the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
