#!/bin/sh
# Installs devpi and airproof from this medium alone; no network is asked. PYTHON names another interpreter.
# --signers FILE: only if somebody in FILE has signed SHA256SUMS, and all that lies here is in it, byte by byte.
# Who replaces this script replaces that judgement too: READ-ME.txt has the commands that judge without it.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
signers= next=0 judge=0
for word in "$@"; do
  shift
  case "$next$word" in
    0--signers) next=1 judge=1 ;;
    0--signers=*) signers=${word#--signers=} judge=1 ;;
    1*) signers=$word next=0 ;;
    *) set -- "$@" "$word" ;;
  esac
done
refuse() { echo "install.sh: $1 Nothing was installed." >&2; exit 1; }
if [ "$judge" = 1 ]; then
  [ -f "$signers" ] || refuse "The file of allowed signers $signers is absent."
  [ -f "$here/SHA256SUMS.sig" ] || refuse "The medium is not signed: SHA256SUMS.sig is absent."
  command -v ssh-keygen >/dev/null || refuse "There is no ssh-keygen here; install OpenSSH's client."
  signer=$(ssh-keygen -Y find-principals -s "$here/SHA256SUMS.sig" -f "$signers") ||
    refuse "No allowed signer has signed the medium."
  signer=$(printf '%s\n' "$signer" | head -n 1)
  ssh-keygen -Y verify -n airproof -f "$signers" -I "$signer" -s "$here/SHA256SUMS.sig" <"$here/SHA256SUMS" ||
    refuse "The signature is not of this medium."
  "${PYTHON:-python3}" -c "{sums}" "$here" || refuse "The medium is not as it was signed."
fi
exec "${PYTHON:-python3}" -c "{pip}" --isolated install --no-index --find-links "$here/tools" "$@" {tools}
