"""Signatures in OpenSSH's format, made and judged by the machine's own `ssh-keygen`.

airproof has no cryptography of its own: anybody repeats each judgement by `ssh-keygen -Y verify`. The format (`SSHSIG`)
and the file of allowed signers are those of OpenSSH 8.2 and later (`PROTOCOL.sshsig`, `ssh-keygen(1)`).
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from pathlib import Path
from typing import Final, Literal

import msgspec

from airproof.errors import BadInput, CannotLook
from airproof.system.processes import Ran, run

NAMESPACE: Final = "airproof"
"""The namespace of airproof's signatures: a key's signature of mail or of a commit is none of them."""
SUFFIX: Final = ".sig"
PROGRAM: Final = "ssh-keygen"
SIGN_TIME = 60.0
"""Seconds for one signature: a security key waits for a touch."""
JUDGE_TIME = 30.0
LARGEST_SIGNATURE = 1 << 16
LARGEST_SIGNERS = 1 << 20
LARGEST_SIGNED = 1 << 28
MOST_PRINCIPALS = 20
"""Names of one key that are tried."""
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
_TOO_OLD = ("unsupported operation", "unknown option", "illegal option", "invalid option")
"""The words with which an `ssh-keygen` refuses `-Y`, or an operation of it."""
_KEY_TYPES = ("ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-")
_TRIAL = b"airproof\n"

State = Literal["unsigned", "unjudged", "wrong", "not-allowed", "unnamed", "good"]


class Signature(msgspec.Struct, frozen=True):
    """The judgement of one file's signature."""

    state: State
    """`unjudged`: there is one, and this machine cannot tell. `wrong`: it is not of these bytes, or is none.
    `not-allowed`: it is, and the signers' file does not allow it. `unnamed`: it is, and no signers' file was named.
    `good`: an allowed signer made it.
    """
    fingerprint: str = ""
    """The key's, such as `SHA256:…`; empty where the signature cannot be read."""
    signer: str = ""
    """The principal of the signers' file."""
    reason: str = ""
    """The words of `ssh-keygen`, of a signature that is wrong or not allowed."""


def sign(raw: bytes, key: str) -> bytes:
    """Sign bytes, and return the armored signature.

    `key`: a file with a private key, or with a public key whose private half the agent holds. Nothing is asked: a key
    with a passphrase is not usable unless the agent holds it. Raises BadInput for a key that does not sign.
    """
    if not Path(key).is_file():
        raise BadInput("sign-key-missing", path=key)
    try:
        ran = _ssh_keygen(["-Y", "sign", "-n", NAMESPACE, "-f", key], raw, SIGN_TIME)
    except CannotLook as error:
        raise BadInput(error.key, **error.values) from error
    if ran.exit_code is None:
        raise BadInput("sign-late", path=key, seconds=f"{SIGN_TIME:.0f}")
    if not ran.ok or _BEGIN not in ran.stdout:
        raise BadInput("sign-failed", path=key, reason=_said(ran))
    return ran.stdout.encode()


def try_key(key: str) -> str:
    """Sign a trial, and return the key's fingerprint. Raises BadInput for a key that does not sign."""
    return fingerprint_of(sign(_TRIAL, key))


def read_signers(text: str) -> str:
    """The absolute path of a file of allowed signers. Raises BadInput for one that names nobody or cannot be read."""
    path = Path(text)
    try:
        size = path.stat().st_size if path.is_file() else -1
        raw = path.read_bytes() if 0 <= size <= LARGEST_SIGNERS else b""
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise BadInput("signers-unreadable", path=text, reason=reason) from error
    if size < 0:
        raise BadInput("signers-missing", path=text)
    if size > LARGEST_SIGNERS:
        raise BadInput("signers-too-large", path=text, limit=f"{LARGEST_SIGNERS >> 20} MB")
    try:
        lines = [line.strip() for line in raw.decode("utf-8").splitlines()]
    except UnicodeDecodeError as error:
        raise BadInput("signers-not-text", path=text) from error
    named = [line for line in lines if line and not line.startswith("#")]
    bare = any(len(line.split()) < 3 or line.startswith(_KEY_TYPES) for line in named)  # a public key has no name
    if not named or b"\0" in raw or bare:
        raise BadInput("signers-nobody", path=text)
    return str(path.resolve())


def judge(raw: bytes, signature: Path, signers: str | None) -> Signature:
    """Judge the signature that lies in a file. `signers`: the file of those who are allowed; None: nobody was named.

    Raises CannotLook where signers are named and this machine has no `ssh-keygen` that can tell.
    """
    if not signature.is_file():
        there = signature.exists() or signature.is_symlink()
        return Signature("wrong", reason=f"{signature.name} is no file") if there else Signature("unsigned")
    try:
        with signature.open("rb") as file:
            armored = file.read(LARGEST_SIGNATURE + 1)
    except OSError as error:
        return Signature("wrong", reason=error.strerror or str(error))
    fingerprint = fingerprint_of(armored)
    if not fingerprint:
        return Signature("wrong", reason=f"{signature.name} is no signature of OpenSSH")
    if len(raw) > LARGEST_SIGNED:
        return Signature("wrong", fingerprint, reason=f"the file has more than {LARGEST_SIGNED >> 20} MB")
    try:
        known = _in_time(
            _ssh_keygen(["-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(signature)], raw, JUDGE_TIME)
        )
    except CannotLook as error:
        if signers is not None:
            raise
        return Signature("unjudged", fingerprint, reason=str(error))
    if not known.ok:
        return Signature("wrong", fingerprint, reason=_said(known))
    if signers is None:
        return Signature("unnamed", fingerprint)
    found = _ssh_keygen(["-Y", "find-principals", "-s", str(signature), "-f", signers], b"", JUDGE_TIME)
    if not _in_time(found).ok:
        return Signature("not-allowed", fingerprint, reason=_said(found))
    reason = _said(found)
    for principal in _principals(found.stdout)[:MOST_PRINCIPALS]:
        about = ["-n", NAMESPACE, "-f", signers, "-I", principal, "-s", str(signature)]
        verified = _in_time(_ssh_keygen(["-Y", "verify", *about], raw, JUDGE_TIME))
        if verified.ok:
            return Signature("good", fingerprint, signer=principal)
        reason = _said(verified)
    return Signature("not-allowed", fingerprint, reason=reason)


def _principals(printed: str) -> list[str]:
    """The names that `find-principals` prints: one on each line, in OpenSSH 8.2 all in one sentence."""
    lines = (line.removeprefix("Found matching principal: ") for line in printed.splitlines())
    return [name for line in lines for name in line.split(",") if name]


def fingerprint_of(armored: bytes) -> str:
    """The fingerprint of the key that a signature names; empty where the bytes are no signature of OpenSSH.

    The key stands in the signature itself, so that it can be named before anything is verified.
    """
    text = armored.decode("ascii", "replace")
    if len(armored) > LARGEST_SIGNATURE or _BEGIN not in text or _END not in text:
        return ""
    try:
        blob = base64.b64decode("".join(text.split(_BEGIN, 1)[1].split(_END, 1)[0].split()), validate=True)
    except ValueError:
        return ""
    head = len(_MAGIC) + 4  # a version stands between the magic and the key
    size = int.from_bytes(blob[head : head + 4], "big")
    key = blob[head + 4 : head + 4 + size]
    if not blob.startswith(_MAGIC) or not key or len(key) != size:
        return ""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).rstrip(b"=").decode()


def _ssh_keygen(words: list[str], raw: bytes, timeout: float) -> Ran:
    """Run `ssh-keygen` on bytes of standard input. Raises CannotLook where there is none, or one that is too old."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise CannotLook("ssh-keygen-absent")
    # Without a terminal of its own it asks nobody for a passphrase; neither does a window on somebody's desktop.
    environment = {**os.environ, "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}
    environment.pop("SSH_ASKPASS", None)
    environment.pop("DISPLAY", None)
    ran = run([program, *words], timeout=timeout, env=environment, stdin=raw)
    if not ran.ok and any(phrase in ran.stderr.lower() for phrase in _TOO_OLD):
        raise CannotLook("ssh-keygen-old")
    return ran


def _in_time(ran: Ran) -> Ran:
    """Raises CannotLook where `ssh-keygen` did not come to its end."""
    if ran.exit_code is None:
        raise CannotLook("ssh-keygen-late", seconds=f"{JUDGE_TIME:.0f}")
    return ran


def _said(ran: Ran) -> str:
    """The words of `ssh-keygen` on one line, without its banner."""
    lines = [line.strip() for line in ran.stderr.splitlines()]
    told = [line for line in lines if line.strip("@ ") and not line.startswith(("Enter passphrase", "Signing data"))]
    asked = [line.partition(": ")[2] for line in lines if line.startswith("Enter passphrase") and ": " in line]
    return "; ".join([*told, *asked])[-500:].rstrip(".") or f"exit code {ran.exit_code}"
