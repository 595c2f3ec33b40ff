"""Runs under an interpreter with pip: where its pip downloads from, by its own configuration, as JSON on one line.

The one place that knows pip's inside: no public command tells the default index together with what is configured, and
which proxy of the surroundings pip would take for which URL.
"""

import json
from typing import Any

from pip._internal.commands import create_command
from pip._vendor.requests import utils

ELSEWHERE = "https://elsewhere.invalid/"
"""Stands for every host that no setting names (RFC 2606)."""


def main() -> None:
    options, _ = create_command("download").parse_args(["nothing"])
    names = ("index_url", "extra_index_urls", "find_links", "no_index", "cert")
    told = {name: getattr(options, name, None) for name in names}
    told["no_index"] = bool(told["no_index"])  # a variable makes it a number
    places = [told["index_url"], *(told["extra_index_urls"] or ()), *(told["find_links"] or ())]
    urls = [place for place in places if place and place.startswith(("http:", "https:"))]
    told["proxies"] = {url: proxy_of(url, options.proxy) for url in urls}
    told["proxy_elsewhere"] = proxy_of(ELSEWHERE, options.proxy)
    print(json.dumps(told))


def proxy_of(url: str, configured: str | None) -> str | None:
    """pip's own setting, else what its HTTP library finds in the surroundings, no_proxy included."""
    library: Any = utils  # typed in some pips, and not in others
    found: str | None = library.select_proxy(url, library.get_environ_proxies(url))
    return configured or found


if __name__ == "__main__":
    main()
