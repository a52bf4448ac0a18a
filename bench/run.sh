#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Build and run every benchmark; JSON lines on stdout: {"name": …, "value": …, "unit": …, "n": …}.
# usage: run.sh BUILD_DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1

[ -e "$build/build.ninja" ] || meson setup "$build" >&2
ninja -C "$build" >&2
for program in "$build"/bench/bench_*; do
	[ -x "$program" ] && [ -f "$program" ] && "$program"
done
/usr/bin/python3 bench/bench_load.py "$build"
