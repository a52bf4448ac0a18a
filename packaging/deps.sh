#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Install what is missing to build, run and test reputed on Debian 12.
# usage: deps.sh build|run|test|clients|lint|fuzz|bench|arm64|nic ...   (each includes "build")
set -eu

build="gcc libc6-dev pkg-config meson ninja-build make git libdpdk-dev liburcu-dev libprotobuf-c-dev
	protobuf-c-compiler libmaxminddb-dev libcyaml-dev libyaml-dev libevent-dev libcurl4-openssl-dev
	libarchive-dev libjansson-dev liblmdb-dev libsodium-dev libidn2-dev libknot-dev
	libpsl-dev publicsuffix libmd-dev"
run="iproute2 bind9-dnsutils gpgv"
tests="libcmocka-dev python3 python3-dnspython python3-pytest iproute2 ethtool procps bind9-dnsutils
	rbldnsd mmdb-bin rsync openssl clang libclang-rt-14-dev iputils-ping iputils-arping bind9-utils ipset nftables
	valgrind gpgv gpg gpg-agent gpgconf"
# The mail servers and resolvers themselves are only unpacked: tests/clients/unpack.sh.
clients="iproute2 mount util-linux rbldnsd python3 python3-dnspython"
command -v npm >/dev/null || clients="$clients nodejs npm"
lint="clang-format-14 clang-tidy-14 shellcheck"
fuzz="clang libclang-rt-14-dev"
# testpmd; NSD and Knot are compared with when they are there, but installing them would start them.
bench="dpdk-dev gnuplot-nox jq nftables"
arm64="gcc-aarch64-linux-gnu qemu-user-static"
# The guest's kernel is only unpacked: tests/nic/unpack.sh.
nic="qemu-system-x86 busybox-static"

wanted=$build
for group in "$@"; do
	case $group in
	build) ;;
	run) wanted="$wanted $run" ;;
	test) wanted="$wanted $tests" ;;
	clients) wanted="$wanted $clients" ;;
	lint) wanted="$wanted $lint" ;;
	fuzz) wanted="$wanted $fuzz" ;;
	bench) wanted="$wanted $bench" ;;
	arm64) wanted="$wanted $arm64" ;;
	nic) wanted="$wanted $nic" ;;
	*) echo "deps.sh: unknown group '$group' (build, run, test, clients, lint, fuzz, bench, arm64 or nic)" >&2; exit 2 ;;
	esac
done

missing=
for package in $wanted; do
	state=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
	[ "$state" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "installing:$missing"
as_root=
if [ "$(id -u)" != 0 ]; then
	as_root=sudo
	command -v sudo >/dev/null || { echo "deps.sh: need root, or sudo, to install:$missing" >&2; exit 1; }
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q
# shellcheck disable=SC2086  # a list of words on purpose
$as_root apt-get install -y -q --no-install-recommends $missing
