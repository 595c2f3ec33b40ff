"""`airproof report --sign` and `--verify`: who vouches for a record, its page, and the statement that binds them."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from airproof.custody.signing import SUFFIX, Signature, fingerprint_of, judge, read_signers, sign
from airproof.custody.statement import Acceptance, Statement, encode_statement, place_of, read_statement
from airproof.errors import BadInput
from airproof.printable import one_line
from airproof.probes.closure.sources.folder import sha256_of
from airproof.record.file import read_with_digest
from airproof.record.history import RECORD
from airproof.record.report import Report
from airproof.renderers import RENDERERS
from airproof.site.manifest import SUMS, write_whole
from airproof.system.output import write_prose
from airproof.words import Lang, Text, load_texts

WORDS = Path(__file__).with_name("custody.toml")
VERIFIED, REFUTED, UNVOUCHED = 0, 1, 3
"""Exit codes: all of it holds; something does not; it agrees, and nobody was named who may sign."""
LARGEST_PAGE = 1 << 28
PAGE = "report.html"
LONGEST = 2000


class Line(NamedTuple):
    """One judgement that is told."""

    text: Text
    code: int


def sign_records(options: argparse.Namespace) -> int:
    """Sign each record, and a statement beside it. Returns 0, whatever the verdict of the records is."""
    lines = [line.of(options.lang) for record in map(Path, options.records) for line in _signed(record, options.sign)]
    _tell(lines)
    return VERIFIED


def _signed(record: Path, key: str) -> Iterator[Text]:
    words, (report, digest) = load_texts(WORDS), read_with_digest(record)
    digests = {RECORD: (digest,)}  # also of one that has another name by now
    page = _page_of(record)
    drawn = _drawn(page, report, digest) if page is not None else b""
    if page is not None:
        digests[page.name] = (hashlib.sha256(drawn).hexdigest(),)
    media = tuple(medium.sums for medium in report.summary.media if medium.sums)
    statement = encode_statement(digests | ({SUMS: media} if media else {}), _acceptance(report))
    place = place_of(record)
    pairs = ((record, record.read_bytes()), (place, statement))
    signatures = [(path, sign(raw, key)) for path, raw in pairs]
    try:
        if page is not None:
            write_whole(page, drawn)
        write_whole(place, statement)
        for path, armored in signatures:
            write_whole(Path(f"{path}{SUFFIX}"), armored)
    except OSError as error:
        raise BadInput("output-unwritable", path=place.parent, reason=error.strerror or error) from error
    for path, armored in signatures:
        yield words["signed"].fill({"file": path, "signature": f"{path}{SUFFIX}", "key": fingerprint_of(armored)})


def _drawn(page: Path, report: Report, digest: str) -> bytes:
    """The page of a record, drawn anew in its language: what somebody changed in it is not signed.

    Raises BadInput for a page of something else, which is not replaced.
    """
    lying = page.read_bytes() if page.stat().st_size <= LARGEST_PAGE else b""
    if digest.encode() not in lying:
        raise BadInput("sign-page-other", page=page)
    lang: Lang = "zh-TW" if b'<html lang="zh-TW"' in lying[:1000] else "en"
    return RENDERERS["html"](report, lang).encode()


def verify_records(options: argparse.Namespace) -> int:
    """Say of each record, its page, its statement and both signatures whether they belong together, in a line each.

    Returns 0 where all of it holds, 1 where something does not, 3 where it agrees and no signers' file was named.
    """
    signers = read_signers(options.signers) if options.signers is not None else None
    lines = [line for record in map(Path, options.records) for line in _verified(record, signers)]
    codes = {line.code for line in lines}
    code = REFUTED if REFUTED in codes else UNVOUCHED if UNVOUCHED in codes else VERIFIED
    last = load_texts(WORDS)[{VERIFIED: "verified", REFUTED: "refuted", UNVOUCHED: "unvouched"}[code]]
    _tell([*(line.text.of(options.lang) for line in lines), last.of(options.lang)])
    return code


def _verified(record: Path, signers: str | None) -> Iterator[Line]:
    report, digest = read_with_digest(record)
    yield _of_signature(record, signers)
    yield from _of_page(record, digest)
    place = place_of(record)
    statement = read_statement(place)
    if statement is None:
        yield Line(load_texts(WORDS)["statement-absent"].fill({"file": place}), REFUTED)
        return
    yield _of_signature(place, signers)
    yield from _of_statement(statement, place, report, record, digest)


def _of_signature(path: Path, signers: str | None) -> Line:
    signature = judge(path.read_bytes(), Path(f"{path}{SUFFIX}"), signers)
    values = {
        "file": path,
        "key": signature.fingerprint or "-",
        "signer": signature.signer,
        "reason": signature.reason.rstrip("."),
    }
    return Line(load_texts(WORDS)[f"signature-{signature.state}"].fill(values), _code_of(signature))


def _code_of(signature: Signature) -> int:
    if signature.state in ("unnamed", "unjudged"):
        return UNVOUCHED
    return VERIFIED if signature.state == "good" else REFUTED


def _of_page(record: Path, digest: str) -> Iterator[Line]:
    words, page = load_texts(WORDS), _page_of(record)
    if page is None:
        yield Line(words["page-absent"].fill({"file": record.with_name(PAGE)}), VERIFIED)
        return
    names = page.stat().st_size <= LARGEST_PAGE and digest.encode() in page.read_bytes()
    key, code = ("page-names", VERIFIED) if names else ("page-other", REFUTED)
    yield Line(words[key].fill({"file": page, "digest": digest}), code)


def _of_statement(statement: Statement, place: Path, report: Report, record: Path, digest: str) -> Iterator[Line]:
    """Hold the statement against the record, the page, the medium that the record names, and the verdict."""
    words, page = load_texts(WORDS), _page_of(record)
    media = tuple(medium.sums for medium in report.summary.media if medium.sums)
    pages = statement.digests_of(PAGE)
    differing = [
        name
        for name, agrees in (
            (RECORD, statement.digests_of(RECORD) == (digest,)),
            (PAGE, pages == ((sha256_of(page),) if page is not None else pages)),
            (SUMS, statement.digests_of(SUMS) == media),
            ("predicate", statement.predicate == _acceptance(report)),
        )
        if not agrees
    ]
    if differing:
        yield Line(words["statement-differs"].fill({"file": place, "names": ", ".join(differing)}), REFUTED)
        return
    values = {"file": place, "verdict": report.verdict.value.upper(), "media": ", ".join(media) or "-"}
    yield Line(words["statement-agrees"].fill(values), VERIFIED)


def _acceptance(report: Report) -> Acceptance:
    return Acceptance(
        verdict=report.verdict.value,
        exit_code=report.exit_code,
        started=report.run.started,
        url=report.site.url,
        targets=report.scope.targets,
        requirements=report.scope.requirements,
        airproof=report.tool.version,
    )


def _page_of(record: Path) -> Path | None:
    """The page beside a record; of an earlier record, which lies in `history/`, none is kept."""
    page = record.with_name(PAGE)
    return page if record.name == RECORD and page.is_file() else None


def _tell(lines: Sequence[str]) -> None:
    write_prose("".join(f"{one_line(line, LONGEST)}\n" for line in lines))
