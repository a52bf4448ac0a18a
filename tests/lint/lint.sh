#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# All static checks; ends non-zero if one of them complains.
set -euo pipefail
cd "$(dirname "$0")/../.."
failed=0

run() {
	local name=$1
	shift
	if "$@"; then
		echo "lint: $name ok"
	else
		echo "lint: $name FAILED" >&2
		failed=1
	fi
}

mapfile -t sources < <(git ls-files --cached --others --exclude-standard '*.c' '*.h')
mapfile -t pythons < <(git ls-files --cached --others --exclude-standard '*.py')
mapfile -t scripts < <(git ls-files --cached --others --exclude-standard '*.sh' .ci/run)

run format clang-format-14 --dry-run -Werror "${sources[@]}"
run layers tests/lint/layers.py .
run 'layer check itself' tests/lint/test_layers.py
run headers tests/lint/headers.py "${sources[@]}"
run shellcheck shellcheck "${scripts[@]}"
run python python3 -m py_compile "${pythons[@]}"

[ -e build-lint/build.ninja ] || run setup meson setup build-lint --werror
run warnings ninja -C build-lint
exit $failed
