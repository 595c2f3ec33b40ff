"""The plug-in as its user's pytest sees it: servers of a session's own, that end with it however it ends."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # its types are another distribution
import pytest

WAIT = 60
"""Seconds; only to catch a hang."""
GONE_SECONDS = 5
"""After its parent a server is gone within this time."""
TELL = """
    import json, os, pathlib, time

    def tell(server, name="server"):
        told = {"pid": server.pid, "url": server.url, "uuid": server.uuid, "serverdir": str(server.serverdir)}
        part = pathlib.Path(os.environ["TOLD"], name + ".part")
        part.write_text(json.dumps(told))
        part.rename(part.with_suffix(".json"))
"""
TELLING_TEST = (
    TELL
    + """
    def test_it(airproof_server, airproof_index):
        assert airproof_index.url.startswith(airproof_server.url)
        tell(airproof_server, os.environ.get("PYTEST_XDIST_WORKER", "server"))
"""
)


@pytest.fixture
def told(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which the tests of the inner session name their servers."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # the outer session's, where that has workers
    folder = pytester.mkdir("told")
    monkeypatch.setenv("TOLD", str(folder))
    return folder


def heard(folder: Path, name: str = "server") -> dict[str, Any]:
    """Return the words of a test about its server, once it has written them."""
    bound = time.monotonic() + WAIT
    path = folder / f"{name}.json"
    while not path.exists():
        assert time.monotonic() < bound, "the inner session told nothing"
        time.sleep(0.02)
    found: dict[str, Any] = json.loads(path.read_text())
    path.unlink()
    return found


def alive(pid: int, serverdir: str) -> bool:
    """Say whether that process is still the server on that folder; a dead one that nobody has waited for is not."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and serverdir in process.cmdline()
    except psutil.Error:
        return False


def gone(server: dict[str, Any]) -> bool:
    """Say whether the server ends within its time."""
    bound = time.monotonic() + GONE_SECONDS
    while alive(server["pid"], server["serverdir"]):
        if time.monotonic() > bound:
            return False
        time.sleep(0.02)
    return True


def test_a_killed_session_leaves_no_server(pytester: pytest.Pytester, told: Path) -> None:
    """If pytest is killed and can clean up nothing, its server ends by itself."""
    pytester.makepyfile(
        TELL + "\n    def test_it(airproof_server):\n        tell(airproof_server)\n        time.sleep(60)\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", f"--basetemp={pytester.path / 'inner'}"]
    with subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.DEVNULL) as session:
        server = heard(told)
        lived = alive(server["pid"], server["serverdir"])
        session.kill()

    assert (lived, gone(server)) == (True, True)


def test_a_session_ends_its_server_and_warns_of_nothing(pytester: pytest.Pytester, told: Path) -> None:
    """After the last test the server is gone; no resource is left open, also where the servers start in threads."""
    pytester.makepyfile(TELLING_TEST)

    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider")

    result.assert_outcomes(passed=1)
    assert gone(heard(told))


@pytest.mark.thorough
def test_each_worker_has_its_own_server(pytester: pytest.Pytester, told: Path) -> None:
    """Under xdist two workers never share a server by accident."""
    pytester.makepyfile(
        TELL
        + """
    import pytest

    @pytest.mark.parametrize("number", range(2))
    def test_it(airproof_server, airproof_index, number):
        worker = os.environ["PYTEST_XDIST_WORKER"]
        tell(airproof_server, worker)
        other = pathlib.Path(os.environ["TOLD"], "gw1.json" if worker == "gw0" else "gw0.json")
        bound = time.monotonic() + 60
        while not other.exists() and time.monotonic() < bound:
            time.sleep(0.02)
        assert other.exists()
"""
    )

    result = pytester.runpytest_subprocess("-W", "error", "-n2", "--dist=each", "-k", "0")

    result.assert_outcomes(passed=2)
    servers = [heard(told, "gw0"), heard(told, "gw1")]
    assert 2 == len({server["uuid"] for server in servers}) == len({server["pid"] for server in servers})
    assert [gone(server) for server in servers] == [True, True]


def test_one_rung_of_the_ladder_can_be_overridden(pytester: pytest.Pytester) -> None:
    """A user's settings reach the server: an empty password as the manual leaves it, and another request time-out."""
    pytester.makeconftest(
        """
        import pytest
        from pytest_airproof import ServerSettings

        @pytest.fixture(scope="session")
        def airproof_server_settings():
            return ServerSettings(password="", restrict_modify=None)

        @pytest.fixture(scope="session")
        def airproof_index_config():
            return {"volatile": False}
        """
    )
    pytester.makepyfile(
        """
        def test_it(airproof_server, airproof_index):
            assert airproof_server.password == ""
            assert "--restrict-modify" not in airproof_server.flags
            assert airproof_server.client.index(airproof_index.name)["volatile"] is False
        """
    )

    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_dying_server_is_told_with_its_own_words(pytester: pytest.Pytester) -> None:
    """A test whose server cannot start is an error that quotes devpi."""
    pytester.makeconftest(
        "import pytest\n@pytest.fixture(scope='session')\ndef airproof_server_args():\n    return ('--nonsense',)\n"
    )
    pytester.makepyfile("def test_it(airproof_server): pass")

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ServerDied*unrecognized arguments: --nonsense*"])


def test_a_failing_test_shows_what_devpi_logged_meanwhile(pytester: pytest.Pytester) -> None:
    """Its report has a section with the log of the server since the test began; other tests' lines are not in it."""
    pytester.makepyfile(
        """
        from pytest_airproof import Index, Wheel

        def test_before(airproof_index: Index) -> None:
            airproof_index.upload(Wheel("earlier"))

        def test_fails(airproof_index: Index) -> None:
            airproof_index.upload(Wheel("demo"))
            assert airproof_index.projects() == ()

        def test_fails_without_a_server() -> None:
            assert False
        """
    )

    result = pytester.runpytest_subprocess("-W", "error")

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*log of airproof-server-main*", "*submit release info 'demo'*", "The whole log: *"])
    result.stdout.no_fnmatch_line("*submit release info 'earlier'*")
    assert 1 == result.stdout.str().count("log of airproof-server-main")


def test_a_failed_assertion_shows_the_words_of_pip(pytester: pytest.Pytester) -> None:
    """A bare `assert ....ok` is enough to see why."""
    pytester.makepyfile(
        """
        def test_ok(airproof_index, airproof_pip):
            assert airproof_pip(airproof_index, "demo").ok

        def test_check(airproof_index, airproof_pip):
            airproof_pip(airproof_index, "demo").check()
        """
    )

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["E*where False = <Installation of demo: ERROR: No matching distribution*>.ok"])
    result.stdout.fnmatch_lines(["E*AssertionError: pip could not install demo:", "E*ERROR: No matching distribution*"])
    result.stdout.no_fnmatch_line("*offline.py:*")


def test_an_unused_plugin_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    """A session that asks for no fixture does not pay for it."""
    pytester.makepyfile(
        """
        import sys

        def test_it(request):
            assert request.config.pluginmanager.hasplugin("airproof")
            assert request.config.pluginmanager.hasplugin("airproof-fixtures")
            heavy = ("httpx", "devpi_server", "msgspec", "argon2", "airproof.site", "filelock", "xdist.dsession")
            assert [] == [name for name in heavy if name in sys.modules]
            ours = {name.split(".")[1] for name in sys.modules if name.startswith("pytest_airproof.")}
            assert set() == ours & {"faulty", "offline", "packages", "servers"}
        """
    )

    pytester.runpytest_subprocess().assert_outcomes(passed=1)
