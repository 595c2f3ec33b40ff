"""Signatures as the machine's own ssh-keygen makes and judges them, and each way in which they do not count."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from airproof.custody import signing
from airproof.custody.signing import Signature, fingerprint_of, judge, read_signers, sign, try_key
from airproof.errors import BadInput, CannotLook
from tests.custody.keys import NEEDS_KEYGEN, SIGNER, Keys, verified_by_hand

RAW = "sums\r\n綜合\n".encode() + b"\xff"


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys")


@pytest.fixture
def signed(tmp_path: Path, keys: Keys) -> Path:
    """A file, with its signature beside it."""
    path = tmp_path / "file"
    path.write_bytes(RAW)
    Path(f"{path}.sig").write_bytes(sign(RAW, keys.private()))
    return path


@NEEDS_KEYGEN
def test_a_signature_is_verified_by_plain_ssh_keygen(signed: Path, keys: Keys) -> None:
    """The bytes are signed as they are, whatever ends their lines."""
    assert verified_by_hand(signed, keys.signers())
    assert not verified_by_hand(signed, keys.signers(name="other"))


@NEEDS_KEYGEN
def test_an_allowed_signer_is_named(signed: Path, keys: Keys) -> None:
    """With the fingerprint of the key, which is known before anything is verified."""
    found = judge(RAW, Path(f"{signed}.sig"), keys.signers())

    assert Signature("good", try_key(keys.private()), SIGNER) == found
    assert found.fingerprint == fingerprint_of(Path(f"{signed}.sig").read_bytes())


@NEEDS_KEYGEN
def test_a_signature_that_nobody_has_to_give_is_told(signed: Path) -> None:
    """Its key is named, and it vouches for nothing."""
    assert "unnamed" == judge(RAW, Path(f"{signed}.sig"), None).state


@NEEDS_KEYGEN
@pytest.mark.parametrize(
    ("options", "name", "reason"),
    [
        ("", "other", "No principal matched"),
        ('valid-before="20200101"', "id", "expired"),
        ('namespaces="file"', "id", "not permitted"),
        ("cert-authority", "id", "No principal matched"),
    ],
)
def test_who_is_not_allowed_is_told_in_the_words_of_ssh_keygen(
    signed: Path, keys: Keys, options: str, name: str, reason: str
) -> None:
    """A stranger, an expired signer, another namespace, and an authority whose certificate this is not."""
    found = judge(RAW, Path(f"{signed}.sig"), keys.signers(options, name))

    assert ("not-allowed", True) == (found.state, reason in found.reason)


def folder_instead(path: Path) -> None:
    Path(f"{path}.sig").unlink()
    Path(f"{path}.sig").mkdir()


@NEEDS_KEYGEN
@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda path: path.write_bytes(RAW + b"\n"), "wrong"),
        (lambda path: Path(f"{path}.sig").unlink(), "unsigned"),
        (lambda path: Path(f"{path}.sig").write_bytes(b""), "wrong"),
        (lambda path: Path(f"{path}.sig").write_bytes(b"\xff" * 100), "wrong"),
        (lambda path: Path(f"{path}.sig").write_bytes(b"x" * (1 << 17)), "wrong"),
        (lambda path: Path(f"{path}.sig").write_bytes(Path(f"{path}.sig").read_bytes()[:150]), "wrong"),
        (folder_instead, "wrong"),
    ],
    ids=["bytes-changed", "absent", "empty", "binary", "too-large", "cut", "folder"],
)
def test_what_is_no_signature_of_these_bytes(
    signed: Path, keys: Keys, change: Callable[[Path], object], state: str
) -> None:
    """Each is an answer, and none a traceback."""
    change(signed)

    assert state == judge(signed.read_bytes(), Path(f"{signed}.sig"), keys.signers()).state


@NEEDS_KEYGEN
def test_a_signature_of_another_namespace_does_not_count(
    signed: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that signs commits or mail has signed no medium by that."""
    monkeypatch.setattr(signing, "NAMESPACE", "git")
    Path(f"{signed}.sig").write_bytes(sign(RAW, keys.private()))
    monkeypatch.undo()

    found = judge(RAW, Path(f"{signed}.sig"), keys.signers())

    assert ("wrong", True) == (found.state, "namespace" in found.reason)


@NEEDS_KEYGEN
@pytest.mark.parametrize("kind", ["passphrase", "absent", "folder", "no-key", "public-alone"])
def test_a_key_that_does_not_sign_is_refused(
    tmp_path: Path, keys: Keys, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a sentence that names it, and without a question to anybody; the agent is nobody's."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / "text").write_text("no key\n", encoding="utf-8")
    (tmp_path / "alone.pub").write_text(keys.public(), encoding="utf-8")
    given = {
        "passphrase": keys.private("locked", "a passphrase"),
        "absent": str(tmp_path / "absent"),
        "folder": str(tmp_path),
        "no-key": str(tmp_path / "text"),
        "public-alone": str(tmp_path / "alone.pub"),
    }[kind]

    with pytest.raises(BadInput) as caught:
        try_key(given)

    assert given in caught.value.text.en


@NEEDS_KEYGEN
@pytest.mark.skipif(shutil.which("ssh-agent") is None or os.name != "posix", reason="absent: ssh-agent")
def test_a_key_of_the_agent_signs_by_its_public_half(
    tmp_path: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So does a key with a passphrase; the private half may be on no disk of this machine."""
    private, socket = Path(keys.private()), Path(tempfile.mkdtemp(dir="/tmp")) / "agent"  # a socket's path is short
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL) as agent:
        try:
            until = time.monotonic() + 30
            while not socket.exists() and time.monotonic() < until:
                time.sleep(0.05)
            monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
            subprocess.run(["ssh-add", "-q", str(private)], check=True, timeout=30)
            private.unlink()

            fingerprint = try_key(f"{private}.pub")
        finally:
            agent.terminate()
            shutil.rmtree(socket.parent, ignore_errors=True)

    assert fingerprint.startswith("SHA256:")


@pytest.mark.parametrize(
    "content",
    [None, b"", b"# nobody\n", b"\xff\xfe", b"name only\n", b"ssh-ed25519 AAAA me\n", b"a b c\0\n", b"x" * (1 << 21)],
    ids=["absent", "empty", "comments", "binary", "two-words", "public-key", "nul", "too-large"],
)
def test_a_file_of_signers_that_cannot_be_one_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """A sentence names it, before anything is judged."""
    path = tmp_path / "signers"
    if content is not None:
        path.write_bytes(content)

    for given in (str(path), str(tmp_path)):
        with pytest.raises(BadInput) as caught:
            read_signers(given)
        assert given in caught.value.text.en


def test_without_ssh_keygen_nothing_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check cannot look if signers are named; else the signature is told as not judged; a key is refused."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    head = b"SSHSIG\0\0\0\1\0\0\0\4abcd"
    signature = tmp_path / "file.sig"
    armored = f"-----BEGIN SSH SIGNATURE-----\n{base64.b64encode(head).decode()}\n-----END SSH SIGNATURE-----\n"
    signature.write_text(armored, encoding="utf-8")

    with pytest.raises(CannotLook):
        judge(RAW, signature, str(tmp_path / "signers"))
    with pytest.raises(BadInput):
        sign(RAW, str(signature))

    assert "unjudged" == judge(RAW, signature, None).state
    assert "unsigned" == judge(RAW, tmp_path / "absent.sig", str(tmp_path / "signers")).state


@pytest.mark.skipif(os.name != "posix", reason="absent: a script that stands for a program")
@pytest.mark.parametrize(
    ("does", "refused", "unseen"),
    [
        ("echo 'ssh-keygen: unknown option -- Y' >&2; exit 1", "ssh-keygen-old", "ssh-keygen-old"),
        ("echo 'Unsupported operation for -Y: \"sign\"' >&2; exit 1", "ssh-keygen-old", "ssh-keygen-old"),
        ("sleep 60", "sign-late", "ssh-keygen-late"),
        ("exit 0", "sign-failed", ""),
    ],
    ids=["old", "older-operation", "hangs", "silent"],
)
def test_a_program_that_cannot_tell_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, refused: str, unseen: str
) -> None:
    """One that is too old, one that waits for somebody, and one that says nothing: nobody is vouched for."""
    program, signature = tmp_path / "ssh-keygen", tmp_path / "file.sig"
    program.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    program.chmod(0o755)
    armored = base64.b64encode(b"SSHSIG\0\0\0\1\0\0\0\4abcd").decode()
    signature.write_text(f"-----BEGIN SSH SIGNATURE-----\n{armored}\n-----END SSH SIGNATURE-----\n", encoding="utf-8")
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    monkeypatch.setattr(signing, "SIGN_TIME", 0.5)
    monkeypatch.setattr(signing, "JUDGE_TIME", 0.5)

    with pytest.raises(BadInput) as caught:
        sign(RAW, str(signature))
    assert refused == caught.value.key
    if not unseen:  # a program that prints no name has found nobody
        assert "not-allowed" == judge(RAW, signature, str(tmp_path / "signers")).state
        return
    with pytest.raises(CannotLook) as late:
        judge(RAW, signature, str(tmp_path / "signers"))
    assert unseen == late.value.key
