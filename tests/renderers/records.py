"""Made-up records: an accepted rehearsal, a rejected check with two causes, an inconclusive one, a slow server."""

from __future__ import annotations

from typing import Any, Literal

from airproof.check import Level
from airproof.record.outcome import EXIT_CODES, INTERRUPTED, Outcome, verdict_of
from airproof.record.report import Entry, Offline, RecordedFinding, RehearsalStep, Report, Run, Scope, SiteSummary, Tool
from airproof.record.summary import Summary
from airproof.words import Text
from tests.renderers.loads import overloaded

HERE = "cp311-linux"
WINDOWS = "cp37-win32"
URL = "http://192.0.2.10:3141/root/local/"
TEMPLATE = "{python} -m pip install --index-url {url} --trusted-host {host} {requirement}"

NOTHING = Summary()
"""Of no facts."""


def text(en: str, zh: str = "") -> Text:
    return Text(en, zh or en)


USE = ("devpi use http://192.0.2.10:3141/root/local", "devpi login root")
"""How each block of devpi's commands begins."""


def finding(
    cause: str,
    says: Text,
    remedy: Text,
    *,
    victims: tuple[str, ...] = (),
    found: Any = None,
    wanted: Any = None,
    commands: tuple[str, ...] = (),
    key: str | None = None,
    inside: tuple[str, ...] = (),
    fetch: str = "",
    about: str = "",
) -> RecordedFinding:
    """`key`: None stands for one of its own for each sentence."""
    key = says.en if key is None else key
    return RecordedFinding(
        cause, says, remedy, victims, found, wanted, commands, key, inside=inside, fetch=fetch, about=about
    )


def entry(
    id: str,
    title: Text,
    outcome: Outcome = Outcome.PASSED,
    *,
    subject: str = "",
    level: Level = Level.REQUIRED,
    evidence: Text | None = None,
    reason: Text | None = None,
    blocked_by: str | None = None,
    findings: tuple[RecordedFinding, ...] = (),
    why: Text | None = None,
) -> Entry:
    return Entry(
        id=id,
        family=id.rstrip("0123456789"),
        level=level,
        subject=subject,
        outcome=outcome,
        seconds=0.125,
        title=title,
        why=why or text("Otherwise an activation fails.", "否則上架會失敗。"),
        evidence=evidence,
        reason=reason,
        blocked_by=blocked_by,
        findings=findings,
    )


def report(
    *entries: Entry,
    groups: dict[str, tuple[str, ...]] | None = None,
    targets: tuple[str, ...] = (HERE,),
    here: tuple[str, ...] = (HERE,),
    requirements: int | None = None,
    command: Literal["check", "rehearse", "pytest"] = "check",
    engine: Literal["airproof", "pytest"] = "airproof",
    finished: bool = True,
    interrupted: bool = False,
    deselected: tuple[str, ...] = (),
    trust_assumed: bool = False,
    strict: bool = False,
    steps: tuple[RehearsalStep, ...] = (),
    departures: tuple[Text, ...] = (),
    facts: dict[str, Any] | None = None,
    summary: Summary = NOTHING,
    offline: Offline | None = None,
    started: str = "2026-01-31T08:00:00Z",
) -> Report:
    """A record whose verdict and counts are computed as the fold computes them."""
    asked: dict[str, tuple[str, ...]] = {"requirements.txt": ("requests>=2.31",)} if groups is None else groups
    judged = len({item for group in asked.values() for item in group}) if requirements is None else requirements
    verdict = verdict_of(entries, finished=finished, judged=judged, strict=strict)
    return Report(
        schema="airproof.report/1",
        tool=Tool("airproof", "0.1.0", "3.11.7"),
        run=Run(command, started, 12.5, engine, finished, deselected, interrupted, strict),
        site=SiteSummary(
            kind="rehearsal" if command == "rehearse" else "live",
            url=URL,
            groups=asked,
            pip_command=TEMPLATE,
            pip_command_assumed=trust_assumed,
            wheelhouse="wheels" if command == "rehearse" else None,
        ),
        verdict=verdict,
        exit_code=INTERRUPTED if interrupted else EXIT_CODES[verdict],
        scope=Scope(targets, judged, trust_assumed, here),
        counts={outcome.value: sum(each.outcome is outcome for each in entries) for outcome in Outcome},
        checks=entries,
        facts={} if facts is None else facts,
        offline=offline or Offline("guard", True, 0, ()),
        steps=steps,
        departures=departures,
        summary=summary,
    )


NAME = entry(
    "NET01",
    text("The host's name resolves", "主機名稱可以解析"),
    evidence=text("192.0.2.10 is an address", "192.0.2.10 是位址"),
)
ROOT = entry(
    "API01",
    text("The URL is an index", "網址是套件索引"),
    evidence=text("49 projects listed", "列出 49 個套件"),
)
NO_MIRROR = entry(
    "SRV02",
    text("No index below reaches outside", "底層索引不會向外連線"),
    evidence=text("1 index looked at, none is a mirror", "檢查了 1 個索引，沒有鏡像索引"),
)
RESOLVES = text("Every requirement installs", "所有套件需求都能安裝")
IMPORTS = text("What was installed imports", "安裝的套件可以匯入")
PASSWORD = text("root has a password", "root 已設定密碼")
SLOW = text("A missing name is told at once", "查無套件時立即回應")


def accepted() -> Report:
    """A rehearsal that went well, with one waiver, on an assumed pip command."""
    return report(
        NAME,
        ROOT,
        NO_MIRROR,
        entry(
            "SRV03",
            PASSWORD,
            Outcome.WAIVED,
            reason=text("lab only, removed on 2026-02-28"),
            findings=(
                finding(
                    "empty-root-password",
                    text("Anybody can log in as root with an empty password.", "任何人都能以空密碼登入 root。"),
                    text(
                        "Log in with the empty password and set one; the second command asks for it.",
                        "以空密碼登入並設定新密碼；第二個指令會要求輸入新密碼。",
                    ),
                    found="accepted",
                    wanted="refused",
                    commands=(USE[0], "devpi login root --password=", "devpi passwd root"),
                ),
            ),
        ),
        entry(
            "SRV06",
            text("The mirror reaches its upstream", "鏡像索引可連到上游"),
            Outcome.NOT_APPLICABLE,
            reason=text("root/local is a stage: it has no upstream.", "root/local 是 stage，沒有上游。"),
        ),
        entry(
            "PIP02",
            RESOLVES,
            subject=HERE,
            evidence=text(
                "3 requirements, 31 distributions installed by pip 23.2.1", "3 項套件需求，pip 23.2.1 安裝了 31 個套件"
            ),
        ),
        entry("PIP03", IMPORTS, subject=HERE, evidence=text("3 of 3 modules imported", "3 個模組中有 3 個可以匯入")),
        entry(
            "MAN04",
            text("The wheels are uploaded", "wheel 已上傳"),
            evidence=text("31 files uploaded", "上傳了 31 個檔案"),
        ),
        groups={
            "requirements.txt": ("requests>=2.31", "paramiko==3.4.0"),
            "flow: nightly-report": ("openpyxl", "requests>=2.31"),
        },
        command="rehearse",
        trust_assumed=True,
        steps=(
            RehearsalStep(
                "2", text("Make the server's folder", "建立伺服器資料夾"), "devpi-init --serverdir=serverdir", 0, 0.96
            ),
            RehearsalStep(
                "3",
                text("Start the server", "啟動伺服器"),
                "devpi-server --serverdir=serverdir --restrict-modify=root --port=3141 --host=192.0.2.10",
                0,
                1.42,
                "serving at url: http://192.0.2.10:3141\n",
            ),
            RehearsalStep(
                "4", text("Upload the wheels", "上傳 wheel"), "devpi upload --from-dir wheels", 0, 3.1, "31 files\n"
            ),
        ),
        facts={"reach": {"host": "192.0.2.10", "port": 3141, "loopback": False}, "host-cp311-linux": {"pip": "23.2.1"}},
        offline=Offline("namespace", True, 0, ()),
        departures=(text("Departure: --no-root-pypi", "與手冊不同：--no-root-pypi"),),
    )


def rejected() -> Report:
    """A live index with two causes, one of which two checks ran into; something advised; something blocked."""
    missing = finding(
        "missing",
        text("`cffi` is missing for cp37-win32.", "缺少 cp37-win32 的 `cffi`。"),
        text(
            "Fetch it on the connected side, carry the folder in, and upload it.",
            "在可連網的一端下載，將資料夾攜入後再上傳。",
        ),
        victims=("paramiko", "pynacl", "cryptography"),
        found=[],
        wanted="cffi>=1.12",
        inside=(*USE, "devpi upload --from-dir MEDIUM/wheels"),
        fetch="cffi>=1.12",
    )
    return report(
        NAME,
        ROOT,
        entry(
            "SRV02",
            NO_MIRROR.title,
            Outcome.FAILED,
            findings=(
                finding(
                    "mirror-in-bases",
                    text(
                        "root/local has the mirror root/pypi among its bases.",
                        "root/local 的 bases 中有鏡像索引 root/pypi。",
                    ),
                    text("Take the mirror out of the bases.", "將鏡像索引自 bases 移除。"),
                    found=["root/pypi"],
                    wanted=[],
                    commands=(*USE, "devpi index root/local bases-=root/pypi"),
                ),
            ),
            why=text(
                "A mirror among the bases asks the outside for every name that is not held.",
                "bases 中若有鏡像索引，每個不存在的名稱都會向外查詢。",
            ),
        ),
        entry(
            "SRV05",
            SLOW,
            Outcome.FAILED,
            level=Level.ADVISED,
            findings=(
                finding(
                    "slow-absent",
                    text("It took 4.8 s to say that a name is absent.", "回應「沒有此名稱」花費 4.8 秒。"),
                    text("See in devpi's log what it waits for.", "由 devpi 記錄查看它在等待什麼。"),
                    found=4.8,
                    wanted=1.0,
                ),
            ),
        ),
        entry("PIP02", RESOLVES, subject=HERE, evidence=text("4 requirements installed", "安裝了 4 項套件需求")),
        entry("PIP03", IMPORTS, subject=HERE, evidence=text("4 of 4 modules imported", "4 個模組中有 4 個可以匯入")),
        entry(
            "DEP01",
            text("Everything needed is there", "所需套件齊全"),
            Outcome.FAILED,
            subject=WINDOWS,
            findings=(missing,),
        ),
        entry(
            "DEP02",
            text("No requirement contradicts another", "套件需求之間沒有衝突"),
            Outcome.BLOCKED,
            subject=WINDOWS,
            reason=text("It waits for DEP01.", "須先通過 DEP01。"),
            blocked_by="DEP01",
        ),
        entry("MED01", text("The medium is complete", "攜入媒體完整"), Outcome.FAILED, findings=(missing,)),
        groups={"requirements.txt": ("paramiko==3.4.0", "requests>=2.31"), "flow: mail": ("pynacl", "cryptography")},
        targets=(HERE, WINDOWS),
        facts={"server": {"version": "6.20.3", "index": "root/local", "bases": ["root/pypi"]}},
        offline=Offline("guard", True, 0, ("192.0.2.77:443",)),
    )


def inconclusive() -> Report:
    """A check that could not look at the files; two more wait for it or were left out; run under a foreign pytest."""
    return report(
        NAME,
        ROOT,
        entry(
            "FIL01",
            text("The served bytes are the published ones", "檔案內容與公布的雜湊值相符"),
            Outcome.BROKEN,
            reason=text(
                "The server closed the connection after 12 of 49 files.", "伺服器在 49 個檔案中的第 12 個之後中斷連線。"
            ),
        ),
        entry(
            "FIL02",
            text("Every wheel is readable", "所有 wheel 皆可讀取"),
            Outcome.BLOCKED,
            reason=text("It waits for FIL01.", "須先通過 FIL01。"),
            blocked_by="FIL01",
        ),
        entry("PIP02", RESOLVES, subject=HERE, evidence=text("1 requirement installed", "安裝了 1 項套件需求")),
        engine="pytest",
        command="pytest",
        deselected=("HOST02",),
        offline=Offline("hermetic", None, None, ()),
    )


def slow_under_load() -> Report:
    """A check of a server that serves one host, and not sixteen at once."""
    slow = finding(
        "load-too-slow",
        text(
            "With 16 hosts at once, 95 in 100 activations took > 120.0 s, and 60 s are allowed.",
            "16 台主機同時上架時，需超過 120.0 秒才能讓 95% 的上架完成（時限 60 秒）。",
        ),
        text("Let fewer hosts activate at once.", "請減少同時上架的主機數。"),
        found="> 120.0",
        wanted=60.0,
    )
    return report(
        NAME,
        ROOT,
        entry("PIP02", RESOLVES, subject=HERE, evidence=text("1 requirement installed", "安裝了 1 項套件需求")),
        entry(
            "SRV15",
            text("The hosts of the site activate in time, all at once", "場域的主機同時上架，皆在時限內完成"),
            Outcome.FAILED,
            findings=(slow,),
        ),
        summary=Summary(load=overloaded()),
    )


SAMPLES = {
    "accepted-rehearsal": accepted,
    "two-causes": rejected,
    "could-not-look": inconclusive,
    "slow-under-load": slow_under_load,
}
"""The stems of the golden files."""
