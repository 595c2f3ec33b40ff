"""Facts of an interpreter, and the error for one that does not answer."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pip
import pytest
from packaging.markers import default_environment
from pip._internal.utils.compatibility_tags import get_supported

from airproof.errors import BadInput, CannotLook
from airproof.probes.interpreters import host as hosts
from airproof.probes.interpreters.askedonce import AskedOnce
from airproof.probes.interpreters.host import probe_host
from tests.probes.pythons import each_python, host_of

EMPTY_PIP = {"PIP_CONFIG_FILE": os.devnull}


def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str) -> None:
    """Another file is run in place of the probe."""
    file = tmp_path / "stand_in.py"
    file.write_text(source, encoding="utf-8")
    monkeypatch.setattr(hosts, "HOSTPROBE", file)


def refusal() -> BadInput:
    with pytest.raises(BadInput) as caught:
        probe_host(sys.executable)
    return caught.value


def test_this_interpreter_is_described_as_it_is() -> None:
    """Version, pip, markers and tags are those that the library inside pip would say."""
    host = host_of()

    assert platform.python_version() == host.python
    assert (pip.__version__, str(Path(pip.__file__).parent.parent)) == (host.pip, host.pip_location)
    assert {name: str(value) for name, value in default_environment().items()} == host.markers
    assert [str(tag) for tag in get_supported()] == list(host.tags)


@pytest.mark.parametrize("executable", each_python())
def test_every_python_answers(executable: str) -> None:
    """Its label fits its tags, and the label's interpreter is the one that was asked."""
    host = host_of(executable)

    implementation = host.label.partition("-")[0]
    assert host.tags[0].startswith(f"{implementation}-")
    assert host.label == AskedOnce().interpreter(executable).label
    assert host.python.startswith(host.markers["python_version"])


def test_pip_settings_are_told_with_their_passwords_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and variables, as pip itself lists them."""
    configuration = tmp_path / "pip.conf"
    configuration.write_text("[global]\nindex-url = https://ann:s3cret@index.example/simple\n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("PIP_TRUSTED_HOST", "index.example")

    host = probe_host(sys.executable)

    settings = {setting.name: setting.value for setting in host.settings}
    assert settings["global.index-url"] == "https://***@index.example/simple"
    assert settings[":env:.trusted-host"] == "index.example"
    assert "s3cret" not in repr(host)


@pytest.mark.parametrize("executable", each_python())
def test_each_setting_says_where_it_stands(executable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's own file, the file that a variable names, or the variable itself: in every pip's generation."""
    own = tmp_path / ("pip/pip.ini" if os.name == "nt" else ".pip/pip.conf")
    own.parent.mkdir()
    own.write_text("[global]\nextra_index_url = http://192.0.2.1/\nproxy = ann:s3cret@proxy:8080\n", encoding="utf-8")
    named = tmp_path / "named.ini"
    named.write_text("[install]\nindex-url = http://192.0.2.2/\n", encoding="utf-8")
    for name in ("HOME", "USERPROFILE", "APPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.delenv("PIP_CONFIG_FILE", raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "0")

    by_name = {setting.name: setting for setting in probe_host(executable).settings}
    monkeypatch.setenv("PIP_CONFIG_FILE", str(named))
    through_variable = {setting.name: setting for setting in probe_host(executable).settings}

    extra, proxy = by_name["global.extra-index-url"], by_name["global.proxy"]
    assert ("user", str(own), "***@proxy:8080") == (extra.scope, extra.file, proxy.value)
    assert ("variable", "PIP_NO_INDEX") == (by_name[":env:.no-index"].scope, by_name[":env:.no-index"].file)
    index = through_variable["install.index-url"]
    assert ("env", str(named)) == (index.scope, index.file)


def test_a_configuration_that_pip_cannot_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a fact, not the end of the probe."""
    configuration = tmp_path / "pip.conf"
    configuration.write_text("no section\n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))

    assert "unreadable" in [setting.name for setting in probe_host(sys.executable).settings]


def test_proxies_are_told_with_their_passwords_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the process sees them."""
    monkeypatch.setenv("HTTPS_PROXY", "http://ann:s3cret@proxy.example:3128")

    assert probe_host(sys.executable).proxies["HTTPS_PROXY"] == "http://***@proxy.example:3128"


def test_what_is_printed_before_the_answer_is_no_obstacle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A site's own start-up file may greet."""
    (tmp_path / "sitecustomize.py").write_text("print('welcome {')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert host_of().python == probe_host(sys.executable).python


def test_an_interpreter_without_pip_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No version, no folder, no tags."""
    (tmp_path / "pip.py").write_text("raise ImportError('taken away')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    host = probe_host(sys.executable)

    assert host.label
    assert (host.pip, host.pip_location, host.tags, host.settings) == (None, None, (), ())


def test_a_missing_interpreter_is_named() -> None:
    """Neither a file nor a program on PATH."""
    with pytest.raises(BadInput) as caught:
        probe_host("no-such-python")

    assert (caught.value.key, caught.value.values["interpreter"]) == ("interpreter-missing", "no-such-python")


@pytest.mark.parametrize(
    "source", ["print('hello')", "print('{}')", "raise SystemExit(3)", "", "print('{\"python\": 1}')"]
)
def test_an_answer_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str) -> None:
    """Junk, an empty document, silence, another document."""
    stand_in(monkeypatch, tmp_path, source)

    assert refusal().key == "interpreter-not-python"


def test_a_file_that_is_no_program_is_refused(tmp_path: Path) -> None:
    """It may be run, and cannot."""
    file = tmp_path / "python.exe"
    file.write_bytes(b"\0\1\2 no program")
    file.chmod(0o755)

    with pytest.raises(BadInput) as caught:
        probe_host(str(file))

    assert caught.value.key == "interpreter-not-python"


def test_a_python_that_is_too_old_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It cannot read the probe, but it says its version."""
    version = host_of().markers["python_version"]
    stand_in(monkeypatch, tmp_path, "raise SyntaxError('new words')")
    monkeypatch.setattr(hosts, "OLDEST", "9.0")

    reason = refusal()

    assert reason.key == "interpreter-too-old"
    assert version == reason.values["version"]


def test_an_interpreter_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody waits for it longer than its time."""
    stand_in(monkeypatch, tmp_path, "import time; time.sleep(600)")

    with pytest.raises(CannotLook) as caught:
        probe_host(sys.executable, timeout=0.5)

    assert caught.value.key == "interpreter-hangs"


def test_the_probe_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No compiled file appears beside it."""
    alone = tmp_path / "hostprobe.py"
    alone.write_bytes(hosts.HOSTPROBE.read_bytes())
    monkeypatch.setattr(hosts, "HOSTPROBE", alone)

    hosts.probe_host(sys.executable)

    assert [alone] == list(tmp_path.rglob("*"))


@pytest.mark.skipif(sys.platform == "win32", reason="absent: rights to start a file")
def test_an_interpreter_without_permission_is_told_as_that(tmp_path: Path) -> None:
    """It is there, and this account may not start it: another path would not help."""
    path = tmp_path / "python"
    path.write_text("")

    with pytest.raises(BadInput) as caught:
        probe_host(str(path))

    assert "interpreter-forbidden" == caught.value.key
