"""The index URL asked of OMFlow's REST interface."""

from __future__ import annotations

import json

import pytest

from airproof.ask.typedoptions import TypedOptions
from airproof.errors import BadInput
from airproof.probes.omflow import source
from airproof.probes.omflow.rest import LOAD, TOKEN, read_rest
from airproof.probes.omflow.source import ask_omflow
from airproof.site.stored import OMFlowSetting
from pytest_airproof.servers.faulty import CERTIFICATE
from tests.probes.omflowserver import SECRET, OMFlowServer

URL = "http://192.0.2.10:3141/root/local/"
PASSWORD = "pass:word"
SETTINGS = {
    "LOG_LEVEL": "INFO",
    "license": "http://192.0.2.66/license",
    "ldap_config": {"ldap_server": "http://192.0.2.67/", "ldap_bind_user_password": SECRET},
}
PIP = {**SETTINGS, "pip": {"server": URL}}


def read(
    server: OMFlowServer, *, password: str = PASSWORD, named: str | None = None, ca: str | None = None
) -> OMFlowSetting:
    return read_rest(server.url, user="admin", password=password, named=named, timeout=5.0, ca=ca)


def refusal(server: OMFlowServer, password: str = PASSWORD) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read(server, password=password)
    return caught.value


def test_a_token_then_the_settings() -> None:
    """Two calls, none of which changes anything; the password may hold a colon."""
    with OMFlowServer(PIP) as server:
        stored = read(server)

        assert ("pip.server", URL) == (stored.setting, stored.value)
        assert [f"GET /{TOKEN}", f"POST /{LOAD}"] == server.asked
        assert SECRET not in repr(stored)


def test_the_open_edition_tells_no_url() -> None:
    """Nor does what is kept back: the directory and the licence."""
    with OMFlowServer(SETTINGS) as server:
        assert read(server).open_edition


def test_a_setting_may_be_named() -> None:
    """By its dotted name."""
    with OMFlowServer({**PIP, "hook": "https://192.0.2.5/hook"}) as server:
        assert ("omflow-several", URL) == (refusal(server).key, read(server, named="pip.server").value)


def test_a_wrong_password_is_told_and_not_shown() -> None:
    """The answer has HTTP status 200; its JSON says 403."""
    with OMFlowServer(PIP) as server:
        refused = refusal(server, password=SECRET)

    assert "omflow-rest-denied" == refused.key
    assert SECRET not in str(refused)


@pytest.mark.parametrize(
    ("path", "body", "content_type", "status", "key"),
    [
        (TOKEN, b"<html>login</html>", "text/html", 200, "omflow-rest-no-json"),
        (TOKEN, b"", "text/html", 403, "omflow-rest-denied"),
        (TOKEN, b"[1]", "application/json", 200, "omflow-rest-no-json"),
        (TOKEN, b'{"status": 500}', "application/json", 200, "omflow-rest-error"),
        (TOKEN, b'{"status": 200, "result": null}', "application/json", 200, "omflow-rest-strange"),
        (LOAD, b'{"status": "404", "message": "none"}', "application/json", 200, "omflow-rest-error"),
        (LOAD, b'{"status": 200, "result": {}}', "application/json", 200, "omflow-rest-strange"),
        (LOAD, b'{"status": 200, "res', "application/json", 200, "omflow-rest-no-json"),
    ],
)
def test_any_other_answer_is_told(path: str, body: bytes, content_type: str, status: int, key: str) -> None:
    """A login page, no rights, other JSON, an error inside of a good status, a cut answer."""
    with OMFlowServer(PIP).answering(f"/{path}", body, content_type, status) as server:
        assert key == refusal(server).key


def test_a_result_in_a_text_is_read() -> None:
    """Some replies hold JSON in a text."""
    body = json.dumps({"status": 200, "result": json.dumps(PIP)}).encode()
    with OMFlowServer({}).answering(f"/{LOAD}", body) as server:
        assert URL == read(server).value


def test_nobody_there_is_told() -> None:
    """A closed port."""
    with OMFlowServer(PIP) as server:
        pass

    assert "omflow-rest-silent" == refusal(server).key


def test_user_and_password_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are in no command line; without them, and without a terminal, the run does not begin."""
    with OMFlowServer(PIP) as server:
        asked = TypedOptions(omflow=server.url + "/", timeout=5.0)
        monkeypatch.delenv(source.USER, raising=False)
        with pytest.raises(BadInput) as caught:
            ask_omflow(asked)
        monkeypatch.setenv(source.USER, "admin")
        monkeypatch.setenv(source.PASSWORD, "pass:word")

        assert ("omflow-credentials", URL) == (caught.value.key, ask_omflow(asked).value)


def test_a_certificate_of_its_own_must_be_named() -> None:
    """Unknown it is refused with the mend; named it is trusted."""
    with OMFlowServer(PIP).behind(CERTIFICATE) as server:
        assert "omflow-rest-certificate" == refusal(server).key
        assert URL == read(server, ca=str(CERTIFICATE)).value
