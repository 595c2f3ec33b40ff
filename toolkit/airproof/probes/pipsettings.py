"""Runs under an interpreter with pip: where its pip downloads from, by its own configuration, as JSON on one line.

The one place that knows pip's inside: no public command tells the default index together with what is configured.
"""

import json

from pip._internal.commands import create_command


def main() -> None:
    options, _ = create_command("download").parse_args(["nothing"])
    names = ("index_url", "extra_index_urls", "find_links", "no_index", "cert", "proxy")
    told = {name: getattr(options, name, None) for name in names}
    told["no_index"] = bool(told["no_index"])  # a variable makes it a number
    print(json.dumps(told))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
