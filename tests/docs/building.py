"""Builds the documentation site with Sphinx: the pages of docs/, and one page for each check, in both languages.

The site is a folder of files that load nothing from elsewhere. It is read from the disk, and travels on the medium
(`airproof carry --docs`). Sphinx and MyST have wheels, are maintained, and build without a network.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from airproof.catalog import load_catalog
from airproof.commands.page import check_page
from airproof.printable import printable
from airproof.system.processes import Ran, run

DOCS = Path(__file__).parent.parent.parent / "docs"
LIMIT = 600.0
CONFIGURATION = """
project = "airproof"
extensions = ["myst_parser"]
html_theme = "alabaster"
html_theme_options = {"show_powered_by": False, "page_width": "70em"}
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
smartquotes = False
myst_heading_anchors = 6
suppress_warnings = ["misc.highlighting_failure"]
"""
INDEX = """# airproof

```{{toctree}}
:caption: English
:maxdepth: 1

{english}
```

```{{toctree}}
:caption: 繁體中文
:maxdepth: 1

{chinese}
```

```{{toctree}}
:caption: Checks · 檢查項目
:maxdepth: 1

{checks}
```
"""
FIRST = ("operator", "trip", "troubleshooting", "omflow", "hosts", "verdicts", "options", "security", "glossary")
"""Pages for operators, in the order in which they are needed; the others follow by name."""
LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")


def write_sources(folder: Path) -> None:
    """Write what Sphinx reads: the pages, an index, and a page for each check."""
    shutil.copytree(DOCS, folder)
    pages = sorted(path.stem for path in folder.glob("*.md"))
    for name in pages:
        path = folder / f"{name}.md"
        path.write_text(_linking_to_files(path), encoding="utf-8")
    catalog = load_catalog()
    (folder / "checks").mkdir()
    for id in catalog.checks:
        (folder / "checks" / f"{id}.md").write_text(check_page(catalog, id), encoding="utf-8")
    english = [name for name in pages if not name.endswith(".zh-TW")]
    chinese = [name for name in pages if name.endswith(".zh-TW")]
    lists = {
        "english": "\n".join(sorted(english, key=_place)),
        "chinese": "\n".join(sorted(chinese, key=_place)),
        "checks": "\n".join(f"checks/{id}" for id in catalog.checks),
    }
    (folder / "index.md").write_text(INDEX.format(**lists), encoding="utf-8")
    (folder / "conf.py").write_text(CONFIGURATION, encoding="utf-8")


def build(folder: Path) -> Ran:
    """Build the site into a folder that is made anew. A warning, such as a link that leads nowhere, is an error."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as work:
        sources = Path(work) / "docs"
        write_sources(sources)
        command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
        ran = run([*command, "-d", str(Path(work) / "doctrees"), str(sources), str(folder)], timeout=LIMIT)
    for name in (".buildinfo", "objects.inv"):  # for Sphinx itself, and for other sites that link here
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "_sources", ignore_errors=True)
    return ran


def _linking_to_files(path: Path) -> str:
    """The page, whose links to a folder are plain text: a site has no page for one."""

    def link(found: re.Match[str]) -> str:
        return found[1] if (path.parent / found[2]).is_dir() else found[0]

    return LINK.sub(link, path.read_text(encoding="utf-8"))


def _place(name: str) -> tuple[int, str]:
    bare = name.removesuffix(".zh-TW")
    return FIRST.index(bare) if bare in FIRST else len(FIRST), name


if __name__ == "__main__":
    built = build(Path(sys.argv[1]))
    sys.stderr.write(printable(built.stderr))
    sys.exit(built.exit_code)
