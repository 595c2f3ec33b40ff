#!/bin/sh
# Installs devpi and airproof from this medium alone; no network is asked. PYTHON names another interpreter.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
exec "${PYTHON:-python3}" -m pip --isolated install --no-index --find-links "$here/tools" "$@" {tools}
