"""Other indexes of a devpi are asked for what is missing, and no mirror ever is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, cast

from airproof.net.http import Answer, Http
from airproof.probes.index.others import Indexes, OtherIndex, probe_others

FRONT = "http://192.0.2.10:3141"
INDEXES = {
    "root": {
        "local": {"type": "stage", "bases": ["root/below"]},
        "below": {"type": "stage", "bases": []},
        "pypi": {"type": "mirror"},
        "dev": {"type": "stage", "bases": ["root/pypi"]},
        "above": {"type": "stage", "bases": ["root/local"]},
    },
    "team": {"prod": {"type": "stage", "bases": []}, "empty": {"type": "stage"}},
}


class FakeHttp:
    """A devpi with these indexes, of which one lists projects; remembers what it was asked for."""

    def __init__(self, *, listed: bool = True) -> None:
        self.asked: list[str] = []
        self.listed = listed

    def get(self, url: str, **_: Any) -> Answer:
        users = {user: {"indexes": indexes} for user, indexes in INDEXES.items()}
        body = json.dumps({"result": users if self.listed else {}}).encode()
        return Answer(url, 200, {"content-type": "application/json"}, body, 0.0)

    def get_each(self, urls: Iterable[str], **_: Any) -> Iterator[Answer]:
        for url in urls:
            self.asked.append(url.removeprefix(f"{FRONT}/"))
            page = (
                '<!DOCTYPE html><html><body><a href="telemetry/">telemetry</a></body></html>' if "prod" in url else ""
            )
            yield Answer(url, 200, {"content-type": "text/html"}, page.encode(), 0.0)


def test_only_stages_without_a_mirror_below_are_asked() -> None:
    """A mirror would fetch from its upstream; what lies below or above the tested index is part of it."""
    http = FakeHttp()

    found = probe_others(cast(Http, http), [FRONT], "root/local", ["telemetry", "beacon"])

    assert ["team/empty/+simple/", "team/prod/+simple/"] == http.asked
    assert Indexes(True, (OtherIndex("team/prod", ("telemetry",)),)) == found


def test_a_server_that_keeps_its_list_back_has_none_to_name() -> None:
    """A proxy may withhold devpi's own pages."""
    http = FakeHttp(listed=False)

    assert Indexes() == probe_others(cast(Http, http), [FRONT], "root/local", ["telemetry"])
    assert [] == http.asked


def test_a_mirror_is_no_stage() -> None:
    """That it lists nothing does not make it empty."""
    assert not probe_others(cast(Http, FakeHttp()), [FRONT], "root/pypi", ["telemetry"]).is_stage
