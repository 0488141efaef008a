#!/usr/bin/env bash
# Cuts the power under a writing store, again and again, and counts what was acknowledged and is gone.
#
#   tests/power_cut.sh [ROUNDS] [ext4|xfs]
#
# Needs root, loop devices and mkfs. The store lies on a file system on a loop device. Its writer is stopped with
# SIGSTOP and the file behind the device is copied as it is: what the disk would hold. The copy is mounted, which
# replays the file system's own journal, and the store in it is opened and checked to the last byte.
# A disk that loses what it called written is not modelled.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-100}
kind=${2:-ext4}
[ "$(id -u)" = 0 ] || { echo "power cut: skipped, it needs root"; exit 0; }

child=$(cargo test --test store --no-run --message-format=json 2>/dev/null |
  sed -n 's/.*"executable":"\([^"]*store-[^"]*\)".*/\1/p' | tail -1)
work=$(mktemp -d)
disk=$work/disk.img copy=$work/copy.img at=$work/at
mkdir "$at"
cleanup() {
  mountpoint -q "$at" && umount "$at"
  rm -rf "$work"
}
trap cleanup EXIT

numbers() { grep -o 'acknowledged [0-9]*' "$1" | tail -1 | cut -d' ' -f2; }

truncate -s 320M "$disk"
case $kind in
  ext4) mkfs.ext4 -q "$disk" ;;
  xfs) mkfs.xfs -q "$disk" ;;
esac
mount -o loop "$disk" "$at" || { echo "power cut: skipped, no loop device"; exit 0; }

lost=0 unopened=0 acknowledged=0
for round in $(seq "$rounds"); do
  RESPEC_TEST_STORE_HOME=$at "$child" --exact crashes::child_that_writes_until_it_is_killed --ignored --nocapture \
    > "$work/told" 2> /dev/null &
  writer=$!
  sleep "0.$((RANDOM % 6 + 2))"
  kill -STOP "$writer"
  told=$(numbers "$work/told" || true)
  cp --sparse=always "$disk" "$copy"
  kill -KILL "$writer"
  wait "$writer" 2> /dev/null || true
  umount "$at"

  mount -o loop "$copy" "$at"
  if RESPEC_TEST_STORE_CHECKED=$at "$child" --exact crashes::child_that_says_how_far_a_store_came --ignored --nocapture \
    > "$work/found" 2>&1; then
    found=$(numbers "$work/found" || true)
    if [ "${found:-0}" -lt "${told:-0}" ]; then
      lost=$((lost + 1))
      echo "round $round: $told acknowledged, $found found"
    fi
    acknowledged=${told:-$acknowledged}
  elif [ -n "${told:-}" ]; then
    unopened=$((unopened + 1))
    echo "round $round: $(tail -3 "$work/found")"
  fi
  umount "$at"
  # What the copy holds goes on, as after a real power cut.
  cp --sparse=always "$copy" "$disk"
  mount -o loop "$disk" "$at"
done
echo "power cut, $kind: $rounds rounds, $acknowledged entries acknowledged, $lost rounds with a loss, $unopened not opened"
[ "$lost" = 0 ] && [ "$unopened" = 0 ]
