#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Unpack the arm64 packages that reputed is built with into DIRECTORY/sysroot, and write a meson
# cross file beside it. Nothing is installed, and apt's own state on this machine is left alone.
# usage: sysroot.sh DIRECTORY
set -eu

packages="libc6-dev libdpdk-dev liburcu-dev libprotobuf-c-dev libmaxminddb-dev libcyaml-dev libyaml-dev
	libevent-dev libcurl4-openssl-dev libarchive-dev libjansson-dev liblmdb-dev libsodium-dev libidn2-dev libknot-dev
	libpsl-dev libmd-dev libcmocka-dev"

mkdir -p "$1"
directory=$(cd "$1" && pwd)
root=$directory/sysroot
here=$(cd "$(dirname "$0")" && pwd)

fetch() {
	mkdir -p "$directory/apt/lists/partial" "$directory/apt/cache/archives/partial"
	: >"$directory/apt/status"
	cat >"$directory/apt/apt.conf" <<-CONF
		APT::Architecture "arm64";
		APT::Architectures { "arm64"; };
		Dir::State "$directory/apt";
		Dir::State::status "$directory/apt/status";
		Dir::Cache "$directory/apt/cache";
		Debug::NoLocking "true";
	CONF
	export APT_CONFIG="$directory/apt/apt.conf"
	apt-get update -q
	# shellcheck disable=SC2086  # a list of words on purpose
	apt-get install -y -q --download-only --no-install-recommends $packages
}

unpack() {
	mkdir -p "$root/usr/lib"
	ln -sfn usr/lib "$root/lib"
	for deb in "$directory"/apt/cache/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink
	done
	rm -rf "$directory/apt"
}

[ -e "$root/.complete" ] || { rm -rf "$root" && fetch && unpack && touch "$root/.complete"; }
sed "s|@ROOT@|$root|g" "$here/cross.ini" >"$directory/cross.ini"
