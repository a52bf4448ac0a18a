#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Run every libFuzzer target of a build for some seconds; what is found is kept beside the build.
# usage: run.sh BUILD_DIRECTORY SECONDS_EACH
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1
seconds=$2
passed=0
failed=0

while IFS= read -r target; do
	name=$(basename "$target")
	area=$(basename "$(dirname "$target")")
	found=$build/found/$name
	mkdir -p "$found"
	corpora=("$found")
	[ -d "tests/fuzz/$area/corpus/${name#fuzz_}" ] && corpora+=("tests/fuzz/$area/corpus/${name#fuzz_}")
	echo "fuzz: $area/$name for $seconds s"
	if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
		-artifact_prefix="$found/" "${corpora[@]}" >"$found.log" 2>&1; then
		grep -E 'stat::number_of_executed_units' "$found.log" || true
		passed=$((passed + 1))
	else
		tail -40 "$found.log"
		echo "fuzz: $area/$name FAILED, see $found.log"
		failed=$((failed + 1))
	fi
done < <(find "$build/tests/fuzz" -maxdepth 2 -type f -executable -name 'fuzz_*' | sort)
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
