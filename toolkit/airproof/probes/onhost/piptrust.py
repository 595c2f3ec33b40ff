"""Runs under an interpreter with pip: whether that pip trusts the certificate of a URL, as JSON on one line.

Its arguments: the URL, seconds, then the options of trust with which pip is called. pip itself builds the session and
asks, so that its own configuration, its variables and its choice of a store decide (pip.conf's `cert`, PIP_CERT,
REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE; the system's store from 24.2 on), whatever its version. CPython 3.6 and later.
"""

# Under Python 3.6 the newer spellings of types do not exist:

import json
import os
import ssl
import sys
from typing import Any, Dict, List, Optional


def main() -> None:
    url, seconds, words = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    print("\n" + json.dumps(asked_of_pip(url, seconds, words)))


def asked_of_pip(url: str, seconds: float, words: "List[str]") -> "Dict[str, Any]":
    """`trusted`: true or false; null where the question has no answer. `detail`: pip's words."""
    try:
        command = download_command()
        options, _ = command.parse_args([*words, "nothing"])
        session = command._build_session(options, retries=0, timeout=seconds)
        session.proxies = {}
    except (Exception, SystemExit) as error:  # another pip's inside, or an option that it does not know
        return {"trusted": None, "detail": type(error).__name__ + ": " + str(error)}
    try:
        session.get(url, stream=True, allow_redirects=False).close()
    except Exception as error:  # whatever its library raises
        found = about_trust(behind(error))
        return {"trusted": None if found is None else False, "detail": found or type(error).__name__}
    return {"trusted": True, "detail": ""}


def download_command() -> "Any":
    try:
        from pip._internal.commands import create_command
    except ImportError:
        from pip._internal import commands

        return getattr(commands, "commands_dict")["download"]()  # noqa: B009 -- before pip 19.3
    return create_command("download")


def behind(error: "BaseException") -> "List[BaseException]":
    """The exception and all that stands behind it, the nearest first: pip's own, its library's, and Python's."""
    found = []  # type: List[BaseException]
    waiting = [error]  # type: List[Any]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and not any(one is other for other in found):
            found.append(one)
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return found


def about_trust(errors: "List[BaseException]") -> "Optional[str]":
    """pip's words of a refused certificate, or of one that it cannot check; None where it is about something else."""
    for error in reversed(errors):  # the deepest says it without a pool and a URL around it
        if isinstance(error, ssl.SSLError) and "CERTIFICATE" in str(error):
            return str(error)
        if "check_hostname requires server_hostname" in str(error):  # pip 24.2 with its own library, measured
            return "this pip cannot check a certificate of an IP address: " + str(error)
        if "TLS CA certificate bundle" in str(error):
            return str(error)
    return None


if __name__ == "__main__":
    # The folder of this file holds modules named like others (`pip`): it must not be asked for imports.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    main()
