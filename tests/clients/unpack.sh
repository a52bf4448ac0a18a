#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Get Debian packages for the tests of real clients without installing them: each is unpacked, with
# what it needs that is not installed here, into build-clients/NAME (or $REPUTED_CLIENTS_DIR/NAME).
# No maintainer script runs, no service starts, and packages that conflict (postfix, exim) live
# beside each other. 'haraka' comes from npm, in the versions of haraka/package-lock.json.
# usage: unpack.sh PACKAGE...
set -eu

here=$(cd "$(dirname "$0")" && pwd)
directory=${REPUTED_CLIENTS_DIR:-$here/../../build-clients}
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)

from_npm() {
	cp "$here/$1/package.json" "$here/$1/package-lock.json" . &&
		npm ci --ignore-scripts --no-audit --no-fund --omit=dev --omit=optional
}

# The packages that installing $1 would bring, and their files, in the working directory.
from_apt() {
	plan=$(LC_ALL=C apt-get install -s --no-install-recommends "$1") || return 1
	packages=$(printf '%s\n' "$plan" | sed -n 's/^Inst \([^ ]*\) .*(\([^ )]*\).*/\1=\2/p')
	[ -n "$packages" ] || return 0
	# shellcheck disable=SC2086  # a list of words on purpose
	apt-get download -q $packages || return 1
	mkdir -p usr/bin usr/sbin usr/lib
	ln -sf usr/bin usr/sbin usr/lib .
	for deb in *.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink || return 1
	done
	rm -f -- *.deb
}

fetch() {
	rm -rf "${directory:?}/$1"
	mkdir -p "$directory/$1"
	cd "$directory/$1"
	if [ -d "$here/$1" ]; then
		from_npm "$1"
	else
		from_apt "$1" || { apt-get update -q && from_apt "$1"; }
	fi
}

status=0
for package in "$@"; do
	[ ! -e "$directory/$package/.complete" ] || continue
	echo "unpacking $package"
	if (fetch "$package" >&2); then
		touch "$directory/$package/.complete"
	else
		echo "unpack.sh: '$package' cannot be had" >&2
		status=1
	fi
done
exit $status
