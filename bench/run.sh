#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Build and run every benchmark in its short form, minutes in all; nothing but JSON lines on stdout:
# {"name": …, "value": …, "unit": …, "n": …}. README.md says what they mean and which forms are long.
# They are kept in results/ with the machine's facts, and charts are drawn of them.
# usage: run.sh BUILD_DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
results=bench/results

[ -e "$build/build.ninja" ] || meson setup "$build" >&2
ninja -C "$build" >&2

status=0
run() {
	echo "bench: $*" >&2
	"$@" || { echo "bench: '$*' failed with status $?" >&2; status=1; }
}

run_all() {
	run "$build/bench/bench_table" 1000000 short
	run "$build/bench/bench_table" 10000000 short
	run "$build/bench/bench_table6" 1000000
	run "$build/bench/bench_names" 500000
	run "$build/bench/bench_zones"
	run "$build/bench/bench_answer" 1000000
	run bench/bench_answer.py "$build" 1000000 1
	run "$build/bench/bench_rss"
	run "$build/bench/bench_ent" 1000000
	run "$build/bench/bench_keys" 20000
	run "$build/bench/bench_garbage" 1
	run "$build/bench/bench_update" 1000000 1
	run "$build/bench/bench_swap" 1000000 3
	run "$build/bench/bench_change" 500
	run "$build/bench/bench_change" events 500
	run "$build/bench/bench_load" 1000000
	run "$build/bench/bench_ledger" 1000000
	run "$build/bench/bench_events" 300000
	run bench/whole_reputation.py "$build" 200000
	run bench/bench_load.py "$build" 1000000 1
	run bench/bench_real.py "$build" 1
	run bench/bench_status.py "$build" 200000
	run bench/bench_ingest.py "$build" 300000
	run bench/whole_path.py "$build" pcap 100000 1
	run bench/whole_path.py "$build" memif 100000 1
	run bench/whole_path.py "$build" sockets 100000 3
	run bench/whole_path.py "$build" veth 100000 1
	run bench/tails.py "$build" 1000000 1 5
	exit $status
}

run_all | bench/results.py "$results/latest.json" || status=$?
bench/model.py "$results/latest.json" || status=$?
bench/charts.py "$results/latest.json" "$results"
exit "$status"
