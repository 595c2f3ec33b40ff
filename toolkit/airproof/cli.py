"""The commands and their options. Prints errors, returns exit codes; everything else is elsewhere and imported when
needed.
"""

from __future__ import annotations

import argparse
import gc
import io
import locale
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from airproof import __version__

if TYPE_CHECKING:
    from airproof.words import Lang, Text

WORDS = Path(__file__).with_name("cli.toml")
JUDGING = ("check", "rehearse")
"""Commands that need the engine."""
SHELLS = ("bash", "zsh", "tcsh")
EXAMPLES = {
    "rehearse": (
        "airproof rehearse",
        "airproof rehearse WHEELHOUSE -r requirements.txt",
        "airproof rehearse MEDIUM --target omflow-1.1-windows",
    ),
    "check": (
        "airproof check http://192.0.2.10:3141/root/local/ -p requests -r requirements.txt",
        "airproof check http://192.0.2.10:3141/root/local/ --all --deep",
        "airproof check http://192.0.2.10:3141/root/local/ -p requests --format json",
    ),
    "drill": ("airproof drill --only NET", "airproof drill --only damaged-wheel"),
    "carry": (
        "airproof carry MEDIUM -r requirements.txt --target omflow-1.1-windows",
        "airproof carry MEDIUM --no-tools -r missing.txt",
    ),
    "probe": ("airproof probe http://192.0.2.10:3141/root/local/ -p requests --out probe.py",),
    "report": (
        "airproof report airproof-report/record.json --format markdown",
        "airproof report NEW.json --baseline OLD.json --only-new",
    ),
    "explain": ("airproof explain", "airproof explain PIP02"),
}
"""Command lines below the options of each command's help."""
BAD_USAGE = 2
COULD_NOT_LOOK = 3
INTERRUPTED = 130
NEW_OBJECTS = 100_000
"""After so many, garbage is looked for: at Python's own 700, that is a fifth of the time of a large report."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 accepted, 1 rejected, 2 bad usage, 3 inconclusive, 130
    interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words in (["--version"], ["-V"]):  # without reading a single text: the fastest question there is
        return _print_version()
    gc.set_threshold(NEW_OBJECTS)
    _make_output_safe()
    from airproof.ask.typed import refuse_unknown, take_variables  # noqa: PLC0415 - not needed for --version
    from airproof.encodable import encodable  # noqa: PLC0415 - not needed for --version
    from airproof.errors import AirproofError, BadInput  # noqa: PLC0415 - not needed for --version
    from airproof.site.indexurl import masked  # noqa: PLC0415 - not needed for --version
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
        refuse_unknown(words)
        options = commands.parse_args(words)
        options.typed = words
        options.variables = take_variables(options, os.environ)
        _take_index_url(options)
        return run_command(options)
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
    """The chosen command; each lies in a module of its own, so that starting one does not load the others. An engine
    that it needs loads its modules meanwhile.
    """
    import importlib  # noqa: PLC0415 - not needed for --version
    from contextlib import nullcontext  # noqa: PLC0415 - not needed for --version

    from airproof.engine.process import EngineProcess  # noqa: PLC0415 - not needed for --version
    from airproof.system.workdir import remove_abandoned  # noqa: PLC0415 - not needed for --version

    with EngineProcess() if options.command in JUDGING else nullcontext() as options.engine:
        remove_abandoned()
        code: int = importlib.import_module(f"airproof.commands.{options.command}").run(options)
        return code


def language(words: Sequence[str]) -> Lang:
    """`--lang`, also where the rest cannot be parsed; else the system's."""
    from airproof.ask.options import LANGUAGES  # noqa: PLC0415 - not needed for --version

    for word, after in zip_longest(words, words[1:], fillvalue=""):
        named = after if word == "--lang" else word.removeprefix("--lang=") if word.startswith("--lang=") else ""
        if named in LANGUAGES:
            return "zh-TW" if named == "zh-TW" else "en"
    if (named := os.environ.get("AIRPROOF_LANG", "")) in LANGUAGES:
        return "zh-TW" if named == "zh-TW" else "en"
    said = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), None)
    if said is None:
        said = locale.getlocale()[0] or ""  # Windows says "Chinese (Traditional)_Taiwan"
    traditional = said.startswith(("zh_TW", "zh_HK", "zh_MO", "zh-TW", "zh_Hant", "Chinese (Traditional)"))
    return "zh-TW" if traditional else "en"


def _take_index_url(options: argparse.Namespace) -> None:
    """`--index-url`, as pip's users type it, is the positional URL. Raises BadInput where both name an index."""
    from airproof.errors import BadInput  # noqa: PLC0415 - not needed for --version
    from airproof.site.indexurl import masked  # noqa: PLC0415 - not needed for --version

    given = getattr(options, "index_url", None)
    if given is None:
        return
    if options.url not in (None, given):
        raise BadInput("two-urls", one=masked(options.url), other=masked(given))
    options.url = given


class _Completion(argparse.Action):
    """Prints the script with which a shell completes commands and options."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> NoReturn:
        from airproof.errors import BadInput  # noqa: PLC0415 - not needed for --version
        from airproof.system.output import write  # noqa: PLC0415 - not needed for --version

        try:
            import shtab  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise BadInput("completion-extra") from error
        write(shtab.complete(parser, str(values)) + "\n")
        raise SystemExit(0)


class _Parser(argparse.ArgumentParser):
    """argparse with the house's way to complain: one sentence, the mend, exit code 2."""

    lang: Lang = "en"

    def error(self, message: str) -> NoReturn:
        from airproof.system.output import complain  # noqa: PLC0415 - not needed for --version

        complain(_text("bad-usage").fill({"message": message, "prog": self.prog}).of(self.lang))
        raise SystemExit(BAD_USAGE)


def parser(lang: Lang) -> argparse.ArgumentParser:
    """All commands with their options, their help in the reader's language."""
    from airproof.ask.options import COMMANDS, PARTS, options_of  # noqa: PLC0415 - not needed for --version
    from airproof.ask.options import WORDS as OPTIONS  # noqa: PLC0415 - not needed for --version
    from airproof.words import load_texts  # noqa: PLC0415 - not needed for --version

    _Parser.lang = lang

    def escaped(text: Text) -> str:
        return text.of(lang).replace("%", "%%")

    def help(key: str) -> str:
        return escaped(_text(key))

    options = load_texts(OPTIONS)

    class Help(_Help):
        usage = help("usage")

    top = _Parser(
        prog="airproof", description=help("airproof"), allow_abbrev=False, add_help=False, formatter_class=Help
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", title=help("commands"))
    general = top.add_argument_group(help("part-general"))
    general.add_argument("-h", "--help", action="help", help=help("help"))
    general.add_argument("-V", "--version", action="version", version=f"airproof {__version__}", help=help("version"))
    general.add_argument("--print-completion", choices=SHELLS, action=_Completion, help=help("print-completion"))
    for name in COMMANDS:
        command = commands.add_parser(
            name,
            help=help(name),
            description=help(name),
            allow_abbrev=False,
            add_help=False,
            formatter_class=Help,
            epilog=_after_options(name, help),
        )
        parts = {part: command.add_argument_group(help(f"part-{part}")) for part in PARTS}
        for option in options_of(name):
            given = os.environ.get(option.variable, "").strip()
            definition = (option._replace(required=False) if given else option).definition()
            parts[option.part].add_argument(*option.names, **definition, help=escaped(options[option.text]))
        parts[PARTS[-1]].add_argument("-h", "--help", action="help", help=help("help"))
        command.set_defaults(lang=lang)
    (language_option,) = (option for option in options_of("report") if option.name == "lang")
    general.add_argument(
        *language_option.names, **language_option.definition() | {"default": lang}, help=escaped(options["lang"])
    )
    return top


def _after_options(command: str, help: Callable[[str], str]) -> str:
    """Return the text below a command's options: examples, and how an environment variable gives an option."""
    from airproof.ask.options import options_of  # noqa: PLC0415 - not needed for --version

    lines = [help("examples"), *(f"  {line}" for line in EXAMPLES[command])]
    option = next(option for option in options_of(command) if not option.positional)
    variable = option.variable
    return "\n".join([*lines, "", help("variables").format(variable=variable)])


class _Help(argparse.HelpFormatter):
    """argparse's help, in the reader's language, whose text below the options keeps its lines."""

    usage = ""
    """The word before the command line."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, self.usage if prefix is None else prefix)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" not in text:
            return super()._fill_text(text, width, indent)
        return "\n".join(f"{indent}{line}" for line in text.splitlines())


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
