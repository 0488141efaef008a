#!/bin/sh
# Runs the vendor's own Python SDKs, unchanged, against `respec sim serve`.
#
# RESPEC_BIN names a binary to try; without it the debug build of this tree is used.
# Further arguments go to pytest: tests/conformance/run.sh -k replayed
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

if [ -z "${RESPEC_BIN:-}" ]; then
    (cd "$root" && cargo build --quiet --bin respec)
    RESPEC_BIN=$root/target/debug/respec
fi
export RESPEC_BIN

venv=$here/.venv
# A venv is complete when its stamp equals the pins; anything else is installed again.
if ! cmp -s "$here/requirements.txt" "$venv/stamp"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/stamp"
fi

cd "$here"
exec "$venv/bin/python" -m pytest -p no:cacheprovider "$@"
