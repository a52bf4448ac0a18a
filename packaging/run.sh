#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Start the reputed of a build on the sample feeds, in the foreground, and show how to ask it. Ctrl-C stops it.
# usage: run.sh BUILD_DIRECTORY   (REPUTED_RUN_DIR: where configuration and state go, default run/)
#
# As root it also takes a DPDK port: a TAP device 'rbl0' made by DPDK's net_tap, so that queries to
# 10.53.0.1 go through the kernel-bypass path. The device goes away with the server.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
run=${REPUTED_RUN_DIR:-run}
config=$run/reputed.yaml
device=rbl0

mkdir -p "$run"

# The sample configuration, with paths as seen from the run directory.
sed -e "s#path: #path: $PWD/packaging/sample/#" -e 's#\.\./\.\./run/##' packaging/sample/reputed.yaml >"$config"
has_port=no
if [ "$(id -u)" = 0 ] && [ -c /dev/net/tun ]; then
	has_port=yes
	core=$(($(nproc) > 1 ? 1 : 0))
	sed -i "/listen:/a\\  ports: [{device: \"net_tap0,iface=$device\", addresses: [\"10.53.0.1/24\", \"fd53::1/64\"]}]\\n  cores: [$core]\\n  idle: backoff" "$config"
else
	echo "not root (or no /dev/net/tun): no DPDK port, answering on sockets only"
fi

"$build/reputectl" up -c "$config" >"$run/ready" &
server=$!
trap 'kill -INT $server 2>/dev/null' INT TERM

until [ -s "$run/ready" ]; do
	kill -0 "$server" 2>/dev/null || { wait "$server"; exit; }
	sleep 0.1
done
cat "$run/ready"

if [ "$has_port" = yes ]; then
	ip address replace 10.53.0.2/24 dev "$device"
	ip -6 address replace fd53::2/64 dev "$device" nodad 2>/dev/null || true
	ip link set "$device" up
	where=@10.53.0.1
else
	where='@127.0.0.1 -p 5300'
fi

cat <<END

Ask it, in another terminal:
  dig +short 12.104.1.1.bl.example A $where
    127.0.0.2
  dig +short 9.2.0.192.bl.example TXT @127.0.0.1 -p 5300
    "192.0.2.9 is in a network of the DROP sample"
  dig +short 111101111.ru.dbl.example A $where
    127.0.1.5

Block an address of your own, and see why it is listed:
  $build/reputectl -c $config list add local 198.51.100.7 --reason 'spams me'
  $build/reputectl -c $config lookup 198.51.100.7

Ctrl-C stops it.
END
status=0
wait "$server" || status=$?
# A signal ends the wait before the server has stopped.
while kill -0 "$server" 2>/dev/null; do
	status=0
	wait "$server" || status=$?
done
exit "$status"
