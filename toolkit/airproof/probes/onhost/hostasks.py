"""Asks the index and pip from a host: the last part of the stand-alone probe, after `hostprobe.py`, `hostlibrary.py`.

Changes nothing on the host: pip resolves only, from wheels only, and what it needs on the disk lies in a temporary
folder that is removed. CPython 3.6 and later, standard library and that interpreter's own pip.
"""

# Under Python 3.6 the newer spellings of types do not exist:

import base64
import json
import netrc
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, Mapping, Optional, Tuple
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from airproof.probes.onhost.hostlibrary import library, parts
from airproof.probes.onhost.hostprobe import facts, installed, masked, pip_of
from airproof.probes.onhost.piptrust import asked_of_pip

KEPT = 5000
"""Characters of each of pip's outputs, from the end: a hundred flows that fail still make an answer of a megabyte."""
DRY_RUNS_SINCE = (22, 2)
"""pip's `--dry-run` and `--report`."""
PIPS_OWN_TIME = 150.0
"""Seconds that a pip process may take at least: its own five retries of 15 seconds for one page that does not come."""
SIDE_BY_SIDE = 2
"""How many pips run at a time."""
RESOLVE_ONLY = '''\
"""Runs this interpreter's pip as `python -m pip` does, up to the installation, and reports what it would install."""
import email.parser, io, json, os, runpy, sys, zipfile

REPORT = sys.argv.pop(1)


def metadata_of(requirement):
    wheel = getattr(requirement, "local_file_path", None)
    if wheel is not None:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA")))
    folder = requirement.source_dir  # pips before 20 have unpacked the wheel
    info = next(name for name in os.listdir(folder) if name.endswith(".dist-info"))
    with open(os.path.join(folder, info, "METADATA"), "rb") as opened:
        return opened.read()


def entry_of(requirement):
    head = email.parser.Parser().parsestr(metadata_of(requirement).decode("utf-8", "replace"), headersonly=True)
    requires = [str(line) for line in head.get_all("Requires-Dist") or []]
    link = getattr(requirement, "original_link", None) or requirement.link
    hashes = {link.hash_name: link.hash} if link.hash_name else {}
    return {
        "metadata": {"name": str(head["Name"]), "version": str(head["Version"]), "requires_dist": requires},
        "download_info": {"url": link.url_without_fragment, "archive_info": {"hashes": hashes}},
    }


def report(requirements, *_, **__):
    entries = [entry_of(requirement) for requirement in requirements]
    with io.open(REPORT, "w", encoding="utf-8") as opened:
        opened.write(json.dumps({"install": entries}))
    return []


try:
    import pip._internal.commands.install as command

    command.install_given_reqs  # must be there, or pip would install
    command.install_given_reqs = report
except ImportError:  # pip 9
    from pip.req import RequirementSet

    RequirementSet.install = lambda self, *_, **__: report(self._to_install())
runpy.run_module("pip", run_name="__main__", alter_sys=True)
'''
"""For pips that have no dry run. All that they change on the host, also what they uninstall, happens in the function
that is replaced here (measured: pip 9.0.3, 10.0.1, 18.0, 18.1, 20.3.4 and 22.0.4). `pip download` is no substitute: it
takes no account of what is installed.
"""
SATISFIED = re.compile(r"^Requirement already satisfied: ([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)
"""The line that pip prints for each distribution that it skips."""


def netrc_login(host: str, environment: Mapping[str, str]) -> Optional[Tuple[str, str, str]]:
    """File, user and password that an account's pip takes for a host, found as its HTTP library does: in the file that
    NETRC names, else in `.netrc` or `_netrc` at home; nothing in one that cannot be read.
    """
    home = environment.get("USERPROFILE" if sys.platform == "win32" else "HOME") or os.path.expanduser("~")
    named = environment.get("NETRC")
    if named is None:
        files = [os.path.join(home, name) for name in (".netrc", "_netrc")]
    else:
        files = [os.path.abspath(os.path.expanduser(named))]
    for file in files:
        if os.path.exists(file):
            try:
                found = netrc.netrc(file).authenticators(host)
            except (netrc.NetrcParseError, OSError, UnicodeError):
                return None
            return (file, found[0] or found[1] or "", found[2] or "") if found and any(found) else None
    return None


def ask_index(url: str, timeout: float) -> Dict[str, Any]:
    """How the URL answers from here, asked as pip does, but directly: a proxy is a setting, told elsewhere.

    `unverified`: its certificate is one that Python does not know. pip may know it (`ask_trust`), so the URL was asked
    once more without a check of it, and without the login.
    """
    began = time.time()
    parts = urlsplit(url)
    told = {"url": masked(url), "addresses": [], "status": None, "trouble": "", "content_type": "", "date": ""}  # type: Dict[str, Any]
    told["unverified"] = False
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, 0, socket.SOCK_STREAM)
        told["addresses"] = sorted({str(address[4][0]) for address in found})
        bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))  # urllib would look the login up
        request = urllib.request.Request(bare, headers={"User-Agent": "pip/26.3 airproof", "Accept": "text/html"})  # noqa: S310
        login = _login(parts)
        if login is not None:
            basic = base64.b64encode(":".join(login).encode("latin-1", "replace"))
            request.add_header("Authorization", "Basic " + basic.decode("ascii"))
        try:
            told["status"], headers = _opened(request, timeout, ssl.create_default_context())
        except urllib.error.URLError as error:
            if isinstance(error, urllib.error.HTTPError) or "CERTIFICATE" not in str(error.reason):
                raise
            told["unverified"] = True
            request.remove_header("Authorization")
            told["status"], headers = _opened(request, timeout, ssl._create_unverified_context())  # noqa: S323 -- whether pip trusts it is asked apart
    except urllib.error.HTTPError as error:
        told["status"], headers = error.code, error.headers
        error.close()
    except (OSError, ssl.CertificateError, ValueError) as error:
        told["trouble"], headers = masked(str(getattr(error, "reason", error)) or type(error).__name__), {}
    told["content_type"] = str(headers.get("Content-Type") or "").partition(";")[0]
    told["date"] = str(headers.get("Date") or "")
    told["seconds"] = round(time.time() - began, 3)
    return told


def _opened(request: urllib.request.Request, timeout: float, context: ssl.SSLContext) -> Tuple[int, Any]:
    handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
    with urllib.request.build_opener(*handlers).open(request, timeout=timeout) as answer:
        answer.read(65536)
        return answer.status, answer.headers


def ask_trust(asked: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """Ask this host's pip if it trusts the certificate of an https index: by itself, and as the site calls it."""
    parts = urlsplit(asked["url"])
    if parts.scheme != "https" or pip_of()[0] is None:
        return None
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    before = {name: os.environ.get(name) for name in ("NO_PROXY", "no_proxy")}
    os.environ.update(dict.fromkeys(before, "*"))
    try:
        own = asked_of_pip(bare, asked["timeout"], [])
        words = asked["trust"]
        told = asked_of_pip(bare, asked["timeout"], words) if words and not own["trusted"] else own
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})
    return {"own": own["trusted"], "told": told["trusted"], "detail": masked(own["detail"])}


def _login(parts: SplitResult) -> Optional[Tuple[str, str]]:
    """The URL's own, else that of this account's netrc: it is OMFlow's account, and its pip sends it as well."""
    if parts.username is not None:
        return unquote(parts.username), unquote(parts.password or "")
    kept = netrc_login(parts.hostname or "", os.environ)
    return None if kept is None else (kept[1], kept[2])


def ask_pip(asked: Dict[str, Any], answers: bool) -> List[Dict[str, Any]]:
    """pip resolves each group by itself: beside others it may be given other versions.

    Where the index does not answer (`answers`), all of them together come first: each by itself would wait as long as
    pip has patience. A group that would be built from source is not asked for: nothing is built on this host.
    """
    groups = [group for group in asked["groups"] if not group["builds"]]
    if pip_of()[0] is None or not groups:
        return []
    if not answers and len(groups) > 1:
        whole = _run(asked, groups)
        if whole["exit_code"] != 0:
            return [whole]
    alike = {}  # type: Dict[str, List[Dict[str, Any]]]
    for group in groups:
        alike.setdefault(json.dumps(dict(group, name="")), []).append(group)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        runs = list(pool.map(lambda same: (_alone(asked, same[0]), same), alike.values()))
    return [dict(run, groups=[group["name"]]) for run, same in runs for group in same]


def _alone(asked: Dict[str, Any], group: Dict[str, Any]) -> Dict[str, Any]:
    """The run of one group; where the index alone does not do, one that skips what is installed, as OMFlow does."""
    ran = _run(asked, [group])
    if ran["exit_code"] == 0:
        return ran
    again = _run(asked, [group], skip=True)
    return again if again["exit_code"] == 0 and again["counted"] else ran


def _run(asked: Dict[str, Any], groups: List[Dict[str, Any]], *, skip: bool = False) -> Dict[str, Any]:
    requirements = []  # type: List[str]
    constraints = []  # type: List[str]
    lines = []  # type: List[str]
    for group in groups:
        requirements += [requirement for requirement in group["requirements"] if requirement not in requirements]
        constraints += [constraint for constraint in group["constraints"] if constraint not in constraints]
        lines += group["lines"] or group["requirements"]
    as_file = any(group["lines"] for group in groups)
    folder = tempfile.mkdtemp(prefix="airproof-")
    try:
        report = os.path.join(folder, "report.json")
        given = ["-r", _written(folder, "requirements.txt", lines)] if as_file else requirements
        command = _harmless(asked, given, folder, report, skip=skip)
        if constraints:
            command += ["-c", _written(folder, "constraints.txt", constraints)]
        began = time.time()
        bound = asked["pip_time"] or max(PIPS_OWN_TIME, 20 * asked["timeout"]) + 10.0 * len(requirements)
        exit_code, out, err = _started(command, bound, folder)
        return {
            "groups": [group["name"] for group in groups],
            "requirements": requirements,
            "command": [masked(word) for word in command],
            "exit_code": exit_code,
            "seconds": round(time.time() - began, 3),
            "stdout": masked(out[-KEPT:]),
            "stderr": masked(err[-KEPT:]),
            "free": None if exit_code == 0 else shutil.disk_usage(folder).free,
            "installed": _installed(report) if exit_code == 0 else [],
            "counted": _counted(out) if skip else {},
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _written(folder: str, name: str, lines: List[str]) -> str:
    """A file for pip; what follows a coding comment it reads alike under every locale."""
    file = os.path.join(folder, name)
    with open(file, "w", encoding="utf-8") as opened:
        opened.write("\n".join(["# coding: utf-8"] + lines) + "\n")
    return file


def _counted(out: str) -> Dict[str, str]:
    """Return the distributions that pip found installed and left as they are, with their versions."""
    names = {re.sub("[-_.]+", "-", project).lower() for project in SATISFIED.findall(out)}
    found = ((re.sub("[-_.]+", "-", name).lower(), version) for name, version in installed()[0].items())
    return {name: version for name, version in found if name in names}


def _can_dry_run() -> bool:
    return tuple(int(word) for word in str(pip_of()[0]).split(".")[:2] if word.isdigit()) >= DRY_RUNS_SINCE


def _harmless(
    asked: Dict[str, Any], requirements: List[str], folder: str, report: str, *, skip: bool = False
) -> List[str]:
    """The site's line as it would be called, such that it installs nothing and builds nothing. How long pip waits, and
    how often it asks again, is left to the line and to this host's own configuration.
    """
    words = []  # type: List[str]
    for word in asked["command"]:
        if word == "{requirement}":
            words += requirements
        else:
            words.append(
                word.replace("{python}", sys.executable)
                .replace("{url}", asked["url"])
                .replace("{host}", urlsplit(asked["url"]).hostname or "")
            )
    at = words.index("install")
    before, after = words[:at], words[at + 1 :]
    options = ["--only-binary=:all:", "--no-input", "--no-cache-dir", "--disable-pip-version-check"]
    options += [] if skip else ["--ignore-installed"]
    if _can_dry_run():
        return [*before, "install", "--dry-run", "--report", report, *options, *after]
    pip = os.path.join(folder, "resolve_only.py")
    with open(pip, "w", encoding="utf-8") as opened:
        opened.write(RESOLVE_ONLY)
    return [sys.executable, pip, report, "install", *options, *after]


def _started(command: List[str], timeout: float, folder: str) -> Tuple[Optional[int], str, str]:
    """Exit code, None where it was stopped; output and errors."""
    variables = dict(os.environ, PYTHONIOENCODING="utf-8", PYTHONDONTWRITEBYTECODE="1")
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=variables, cwd=folder
    )
    try:
        out, err = process.communicate(timeout=timeout)
        code = process.returncode  # type: Optional[int]
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        code = None
    return code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


def _installed(report: str) -> List[Dict[str, Any]]:
    """Return the distributions of pip's report; pip writes none if everything is installed already."""
    found = []
    if os.path.exists(report):
        with open(report, encoding="utf-8") as opened:
            items = json.load(opened).get("install", [])
        for item in items:
            about, told = item["metadata"], item.get("download_info", {})
            archive = told.get("archive_info", {})
            sha256 = archive.get("hashes", {}).get("sha256") or str(archive.get("hash", "")).partition("sha256=")[2]
            requires = about.get("requires_dist") or []
            name, version = about["name"], about["version"]
            url = masked(told.get("url", ""))
            found.append({"name": name, "version": version, "url": url, "sha256": sha256, "requires": requires})
    return found


def answer(asked: Dict[str, Any], name: str, collector: Optional[str]) -> Dict[str, Any]:
    """All facts of this host, as one document. `collector`: OMFlow's name of the Collector, empty if it is not said;
    None: the host is none.
    """
    host = facts()
    host["library"] = library(module for module in asked["modules"] if module.partition(".")[0] in host["stdlib"])
    host["parts"] = parts(module for module in asked["modules"] if module.partition(".")[0] in host["modules"])
    index = ask_index(asked["url"], asked["timeout"])
    return {
        "schema": asked["schema"],
        "name": name or socket.gethostname(),
        "collector": collector is not None,
        "collector_name": (collector or "").strip(),
        "url": masked(asked["url"]),
        "host": host,
        "index": index,
        "tls": ask_trust(asked),
        "runs": ask_pip(asked, index["status"] is not None),
    }
