#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Note how many instructions an answer takes now, for the test beside this to hold it to.
# usage: update.sh BUILD_DIRECTORY      one of buildtype release, without sanitizers
set -eu
cd "$(dirname "$0")/../.."
[ $# = 1 ] || { sed -n 's/^# usage: //p' "$0" >&2; exit 2; }
ninja -C "$1" bench/count_answer
exec tests/count/test_count.py "$1/bench/count_answer" "$(cat "$1/tests/count/compiler")" --update
