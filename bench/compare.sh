#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The ratios of two results: what is in both, by name, B in parts of A. A name that comes more than
# once counts as often, in order.
# usage: compare.sh A.json B.json
set -euo pipefail
[ $# = 2 ] || { echo "usage: compare.sh A.json B.json" >&2; exit 2; }

rows() {
	jq -r '.figures | group_by(.name)[] | to_entries[]
		| [(.value.name + (if .key > 0 then " \(.key + 1)" else "" end)), .value.value, .value.unit] | @tsv' "$1" |
		LC_ALL=C sort -t $'\t' -k 1,1
}

facts() {
	jq -r '.machine | "\(.processor), \(.processors) processors, \(.commit), \(.date), load \(.load)"' "$1"
}

echo "# A: $(facts "$1")"
echo "# B: $(facts "$2")"
LC_ALL=C join -t $'\t' <(rows "$1") <(rows "$2") | awk -F '\t' '
	{ printf "%-56s %14.6g %14.6g %-12s %s\n", $1, $2, $4, $3, $2 ? sprintf("%.3f", $4 / $2) : "-" }'
