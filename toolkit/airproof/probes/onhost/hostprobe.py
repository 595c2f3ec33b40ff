"""Says what an interpreter is and what surrounds it: one JSON document, the last line of standard output.

Stands alone: it runs under the interpreter that is asked, CPython 3.6 and later, with nothing but the standard
library and that interpreter's own pip. The fields are those of `airproof.probes.interpreters.host.Host`.
"""

# Under Python 3.6 the newer spellings of types do not exist:

import getpass
import json
import locale
import os
import platform
import re
import shutil
import sys
import sysconfig
import time
from typing import Any, Dict, List, Optional, Set, Tuple  # noqa: F401 -- Set: in a type comment

CREDENTIALS = re.compile(r"(?<=://)[^/\s]*@|^[^\s/:@]+:(?!//)[^\s@]*@")


def masked(text: str) -> str:
    """The text with the user and password of every URL replaced, also where a proxy is written without its scheme."""
    return CREDENTIALS.sub("***@", text)


def version_of(info: Any) -> str:
    """As PEP 508 writes `implementation_version`."""
    version = f"{info.major}.{info.minor}.{info.micro}"
    return version if info.releaselevel == "final" else version + info.releaselevel[0] + str(info.serial)


def markers() -> Dict[str, str]:
    """The marker environment of PEP 508."""
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": version_of(sys.implementation.version),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def label() -> str:
    """Such as `cp311-linux`, `cp37-win32`, `cp313t-macosx`."""
    name = {"cpython": "cp", "pypy": "pp"}.get(sys.implementation.name, sys.implementation.name)
    threads = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    system = {"darwin": "macosx", "win32": sysconfig.get_platform().replace("-", "_")}.get(sys.platform, sys.platform)
    return f"{name}{sys.version_info[0]}{sys.version_info[1]}{threads}-{system}"


def pip_of() -> Tuple[Optional[str], Optional[str]]:
    """Version and folder of this interpreter's pip."""
    try:
        import pip
    except ImportError:
        return None, None
    folder = os.path.dirname(os.path.dirname(os.path.abspath(str(pip.__file__))))
    return str(pip.__version__), folder


def tags() -> List[str]:
    """Return the tags that this interpreter's pip accepts, best first; each pip generation keeps them elsewhere."""
    try:
        from pip._internal.utils.compatibility_tags import get_supported

        return [str(tag) for tag in get_supported()]
    except ImportError:
        pass
    try:
        from pip._internal import pep425tags  # type: ignore[attr-defined] # pip before 20.0

        return ["-".join(tag) if isinstance(tag, tuple) else str(tag) for tag in pep425tags.get_supported()]
    except ImportError:
        pass
    try:
        from pip._vendor.packaging.tags import sys_tags

        return [str(tag) for tag in sys_tags()]
    except ImportError:
        return []


def settings() -> List[Dict[str, str]]:
    """Return the settings of `pip config list`, without another process, and the place of each; empty if there is no
    pip.
    """
    try:
        from pip._internal.configuration import Configuration
        from pip._internal.exceptions import PipError
    except ImportError:
        return []
    configuration = Configuration(isolated=False)
    try:
        configuration.load()
    except PipError as error:  # a file that pip itself refuses to read
        return [{"name": "unreadable", "value": masked(str(error)), "scope": "", "file": ""}]
    found = []  # type: List[Tuple[str, str, str]]
    for name, value in configuration.items():
        if isinstance(value, dict):  # later pips keep the values by the file that they are from
            found.extend((inner, str(one), str(name)) for inner, one in value.items())
        else:
            found.append((name, str(value), ""))
    places = settings_places(getattr(configuration, "_parsers", {}))
    told = []
    for name, value, kept in sorted(found):
        scope, file = places.get((name, kept)) or places.get((name, "")) or variable_of(name)
        told.append({"name": name, "value": masked(value), "scope": scope, "file": file})
    return told


def settings_places(parsers: Any) -> Dict[Tuple[str, str], Tuple[str, str]]:
    """For each setting, in a file or in whichever counts, the scope that pip gives the file, and the file."""
    places = {}  # type: Dict[Tuple[str, str], Tuple[str, str]]
    for scope in ("global", "user", "site", "env"):  # the later goes before the earlier
        for file, parser in parsers.get(scope, ()):
            for section in parser.sections():
                for key, _ in parser.items(section):
                    name = section + "." + key.lower().replace("_", "-")
                    places[name, str(file)] = places[name, ""] = (scope, str(file))
    return places


def variable_of(name: str) -> Tuple[str, str]:
    """The variable behind a setting of the environment."""
    section, _, key = name.rpartition(".")
    return ("variable", "PIP_" + key.upper().replace("-", "_")) if section == ":env:" else ("", "")


def proxies() -> Dict[str, str]:
    """Proxy variables as they are written; where there is none, the system's own proxies as `system:SCHEME`."""
    names = [name for name in os.environ if name.lower() in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")]
    if names:
        return {name: masked(os.environ[name]) for name in sorted(names)}
    from urllib.request import getproxies

    return {"system:" + scheme: masked(str(url)) for scheme, url in sorted(getproxies().items())}


def externally_managed() -> bool:
    """PEP 668: a marker file in the standard library's folder, which does not hold inside a virtual environment."""
    marker = os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
    return sys.prefix == sys.base_prefix and os.path.exists(marker)


def user() -> str:
    """The account that this process has, whatever the environment calls it."""
    if sys.platform != "win32":
        import pwd

        try:
            return pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:
            return str(os.geteuid())
    return getpass.getuser()


def stdlib() -> List[str]:
    """Top-level names of the standard library, private ones too."""
    names = set(getattr(sys, "stdlib_module_names", ()))  # from 3.10 on
    if not names:
        folders = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
        folders += [os.path.join(folder, "lib-dynload") for folder in folders]
        # An embeddable Python keeps its library in a zip beside it, its extensions in DLLs or beside python.exe.
        folders += [folder for folder in sys.path if folder.endswith((".zip", "DLLs")) or folder == sys.prefix]
        names = set(sys.builtin_module_names) | {name for folder in folders for name in importable(folder)}
    return sorted(name for name in names if name != "site-packages")


def importable(folder: str) -> List[str]:
    """Top-level names that a folder or a zip of the path can give."""
    if folder.endswith(".zip"):
        import zipfile

        try:
            with zipfile.ZipFile(folder) as archive:
                entries = sorted({name.partition("/")[0] for name in archive.namelist()})
        except (OSError, zipfile.BadZipFile):
            return []
    else:
        try:
            entries = os.listdir(folder)
        except OSError:
            return []
    names = []
    for entry in entries:
        name, dot, ending = entry.partition(".")
        if name.isidentifier() and name != "__pycache__":
            is_module = dot and ending.rpartition(".")[2] in ("py", "pyc", "so", "pyd")
            is_package = not dot and (folder.endswith(".zip") or os.path.isdir(os.path.join(folder, entry)))
            if is_module or is_package:
                names.append(name)
    return names


def installed() -> Tuple[Dict[str, str], List[str]]:
    """Distributions with their versions, told from the names of their folders; and the modules beside them."""
    modules = set()  # type: Set[str]
    for folder in package_folders():
        modules.update(importable(folder))
    found = {name: version for name, (version, _) in distributions().items()}
    return found, sorted(name for name in modules if not name.startswith("_"))


def package_folders() -> List[str]:
    """The folders of the path that packages are installed to."""
    return [folder for folder in sys.path if folder.rstrip("/\\").endswith(("site-packages", "dist-packages"))]


def distributions() -> Dict[str, Tuple[str, str]]:
    """Version and metadata folder of each distribution, the first of the path as imports have it."""
    found = {}  # type: Dict[str, Tuple[str, str]]
    for folder in package_folders():
        try:
            entries = os.listdir(folder)
        except OSError:
            continue
        for entry in sorted(entries):
            stem, _, ending = entry.rpartition(".")
            if ending in ("dist-info", "egg-info"):
                name, _, rest = stem.partition("-")
                found.setdefault(name, (rest.partition("-")[0], os.path.join(folder, entry)))
    return found


def requires() -> Dict[str, List[str]]:
    """Return the requirements of each distribution, without those that do not tell them, as old eggs do not."""
    found = {}  # type: Dict[str, List[str]]
    for name, (_, folder) in distributions().items():
        try:
            with open(os.path.join(folder, "METADATA"), encoding="utf-8", errors="replace") as opened:
                head = opened.read().partition("\n\n")[0]
        except OSError:
            continue
        lines = [line.partition(":") for line in head.splitlines()]
        found[name] = [value.strip() for key, _, value in lines if key.lower() == "requires-dist"]
    return found


def room() -> Dict[str, Any]:
    """The folder that packages go to, whether this account may write there, and the free bytes of its disk."""
    folder = sysconfig.get_path("purelib")
    try:
        free = shutil.disk_usage(folder).free  # type: Optional[int]
    except OSError:
        free = None
    return {"packages_folder": folder, "writable": os.access(folder, os.W_OK), "free": free}


def facts() -> Dict[str, Any]:
    version, location = pip_of()
    found_there, modules = installed()
    found = room()
    found.update(
        {
            "executable": sys.executable or "",
            "python": platform.python_version(),
            "implementation": sys.implementation.name,
            "label": label(),
            "tags": tags(),
            "markers": markers(),
            "pip": version,
            "pip_location": location,
            "settings": settings(),
            "proxies": proxies(),
            "externally_managed": externally_managed(),
            "user": user(),
            "stdlib": stdlib(),
            "installed": found_there,
            "requires": requires(),
            "modules": modules,
            "encoding": locale.getpreferredencoding(False) or sys.getdefaultencoding(),
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
    )
    return found


if __name__ == "__main__":
    # The folder of this file holds modules named like others (`pip`): it must not be asked for imports.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    print("\n" + json.dumps(facts()))
