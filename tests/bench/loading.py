"""The processor time of airproof itself for a request under load: it must not be what a load measures.

The hosts of a load ask a static server on loopback, and so do threads with the client that airproof uses everywhere
else; compared is the processor time of both, for the same requests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from airproof.net.http import NO_MORE_TRUSTED
from airproof.probes.load.load import Load, order_of, plan_of
from airproof.probes.load.profile import LoadProfile, LoadRequest
from airproof.site.site import Site
from tests.bench.measure import Row, Timed, by_turns, ratio, spread
from tests.bench.static import ROOT, serving

HOSTS, PAGES = 16, 60
PAGE_SIZE = 4_000
MOST_RATIO = 0.4
"""Bound: of the processor time of the usual client."""
USUAL = """
import json, sys, time, threading, httpx
urls = json.loads(sys.argv[1])
def host():
    with httpx.Client(trust_env=False) as client:
        for url in urls:
            with client.stream("GET", url) as response:
                for _ in response.iter_raw():
                    pass
hosts = [threading.Thread(target=host) for _ in range(int(sys.argv[2]))]
begun = time.process_time()
for each in hosts:
    each.start()
for each in hosts:
    each.join()
print(json.dumps(time.process_time() - begun))
"""


def loaded(folder: Path, runs: int, hosts: int = HOSTS, pages: int = PAGES) -> Row:
    """Processor time of the hosts of one step, against as many threads with the usual client."""
    (folder / "pages" / "simple").mkdir(parents=True)
    for number in range(pages):
        (folder / "pages" / "simple" / f"p{number}.json").write_bytes(b"x" * PAGE_SIZE)
    targets = [f"{ROOT}p{number}/" for number in range(pages)]
    rates: list[float] = []
    with serving(folder) as url:
        site = Site(url, load=hosts)
        profile = LoadProfile("bench", "26.3", (tuple(LoadRequest("page", target) for target in targets),))
        plan = plan_of(site, (profile,), same_machine=False)

        def ours() -> float:
            step = Load(plan, order_of(site, plan.profiles, NO_MORE_TRUSTED, ""), site.index.port).step(hosts)
            if step.troubles or step.requests != hosts * pages:
                raise SystemExit(f"the static server did not serve: {step.troubles}")
            rates.append(step.requests / step.seconds)
            return step.own_all

        def usual() -> float:
            urls = json.dumps([site.index.origin + target for target in targets])
            command = [sys.executable, "-c", USUAL, urls, str(hosts)]
            return float(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))

        taken = by_turns(runs, {"ours": ours, "usual": usual})
    own, client = taken["ours"], taken["usual"]
    each = 1000 * own.median / (hosts * pages)
    return Row(
        f"processor time of {hosts * pages:,} requests of {hosts} hosts under load, against the client used elsewhere",
        Timed(own.seconds),
        client,
        f"≤ {MOST_RATIO} ×",
        ratio(own, client) <= MOST_RATIO,
        spread(own, client),
        f"{each:.2f} ms for a request; {max(rates):,.0f} requests a second from a static server of one process",
    )
