#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The load generator against the data plane: devices, families, ways to send, and what it must
notice. Prints TAP.

usage: test_flood.py BUILD_DIRECTORY
"""
import contextlib
import json
import os
import sys
import tempfile

import netns
import push

LISTED = ["192.0.2.1", "192.0.2.2", "198.51.100.0/24", "2001:db8:1::/64"]
ADDRESSES = ["--address", "10.53.0.1/24", "--address", "fd53::1/64"]


def flood(build, namespace, device, *words):
    """(exit status, figures by name without 'flood_', what was told)"""
    done = namespace.run(
        os.path.join(build, "bench", "reputed-flood"), "--no-pci", "--no-telemetry", "--no-huge",
        "--no-shconf", "-m", "128", "-l", "0", "--log-level=error", "--vdev", device,
        "--", "--quiet", "--questions", "10000", "--patience", "2", *words)
    lines = done.stdout.splitlines()
    figures = [json.loads(line) for line in lines if line.startswith("{")]
    return (done.returncode, {figure["name"][6:]: figure["value"] for figure in figures},
            "; ".join(line for line in lines if not line.startswith("{")))


@contextlib.contextmanager
def veth(build):
    with netns.Namespace() as server, netns.Namespace() as client:
        netns.veth(server, "v0", client, "v1")
        with netns.Dataplane(build, ["--port", "net_af_packet0,iface=v0", *ADDRESSES],
                             server) as dataplane:
            yield dataplane, client, "net_af_packet0,iface=v1"


@contextlib.contextmanager
def memif(build):
    with tempfile.TemporaryDirectory() as folder, netns.Namespace() as host:
        device = f"net_memif0,socket={folder}/memif.sock"
        with netns.Dataplane(build, ["--port", f"{device},role=server", *ADDRESSES],
                             host) as dataplane:
            yield dataplane, host, f"{device},role=client"


def fill(dataplane):
    batch = push.Batch()
    batch.add_zone("bl.test")
    for entry in LISTED:
        batch.add(entry, "127.0.0.2,why")
    batch.push(push.Channel(dataplane.socket))


def check_ways(checks, ask, place):
    for words, family in ((["--server", "10.53.0.1", "--from", "10.53.0.2"], "IPv4"),
                          (["--server", "[fd53::1]:53", "--from", "fd53::2"], "IPv6")):
        for way in (["--rate", "2000"], ["--window", "8"]):
            status, figures, told = ask(*words, *way, "--ip6", "0.3", "--edns", "0.7")
            checks.is_equal((status, figures.get("wrong"), figures.get("malformed")), (0, 0, 0),
                            f"{place} {family} {way[0]}: all answers are right {told}")
            checks.is_true(figures.get("right", 0) > 100 and figures.get("loss") == 0,
                           f"{place} {family} {way[0]}: none is lost")


def check_search(checks, ask):
    status, figures, told = ask("--server", "10.53.0.1", "--from", "10.53.0.2", "--search",
                                "--trial", "0.1", "--rate-max", "2000", "--loss", "0.01")
    checks.is_equal((status, figures.get("highest_rate")), (0, 2000), f"a search ends {told}")


def check_noticed(checks, ask):
    status, figures, _ = ask("--server", "10.53.0.1", "--from", "10.53.0.2", "--rate", "500",
                             "--zone", "other.test")
    checks.is_equal((status, figures["right"], figures["refused"] > 0), (0, 0, True),
                    "a zone of nobody's: refused, and counted so")
    with tempfile.NamedTemporaryFile("w") as wrong:
        wrong.write("203.0.113.9\n")
        wrong.flush()
        status, figures, _ = ask("--server", "10.53.0.1", "--from", "10.53.0.2", "--rate", "500",
                                 "--listed", wrong.name, "--hit", "1")
    checks.is_equal((status, figures["right"], figures["wrong"] > 0), (1, 0, True),
                    "wrong answers end it with status 1")
    status, figures, told = ask("--server", "10.53.0.77", "--from", "10.53.0.2", "--rate", "500")
    checks.is_true(status == 1 and "does not tell its MAC" in told, "nobody there: an error")


FLAGS = [
    (["--server", "10.53.0.1", "--rate", "1"], "--server and --from are needed"),
    (["--server", "10.53.0.1", "--from", "::1", "--rate", "1"], "of different families"),
    (["--server", "10.53.0.1", "--from", "10.53.0.2"], "expected one of --rate, --window"),
    (["--server", "10.53.0.1:x", "--from", "10.53.0.2"], "--server '10.53.0.1:x': bad value"),
    (["--server", "10.53.0.1", "--from", "10.53.0.2", "--rate", "0"], "--rate '0': bad value"),
    (["--ports", "3", "--server", "10.53.0.1", "--from", "10.53.0.2", "--rate", "1"],
     "--ports: expected a power of two"),
    (["--ports", "2.5"], "--ports '2.5': bad value"),
    (["--unknown"], "unrecognized option"),
]


def check_place(checks, build, name, place, listed):
    with place(build) as (dataplane, namespace, device):
        fill(dataplane)

        def ask(*words):
            return flood(build, namespace, device, "--zone", "bl.test", "--listed", listed,
                         "--seconds", "0.3", *words)
        check_ways(checks, ask, name)
        if name == "memif":
            check_search(checks, ask)
            check_noticed(checks, ask)


def check_flags(checks, build):
    with netns.Namespace() as namespace:
        for words, error in FLAGS:
            status, _, told = flood(build, namespace, "net_null0", *words)
            checks.is_true(status == 1 and error in told, f"{words}: {error}; {told}")


def main(build):
    netns.skip_unless_possible()
    checks = netns.Checks()
    with tempfile.NamedTemporaryFile("w") as listed:
        listed.write("\n".join(LISTED) + "\n")
        listed.flush()
        for place in (veth, memif):
            with checks.group(place.__name__):
                check_place(checks, build, place.__name__, place, listed.name)
    with checks.group("flags"):
        check_flags(checks, build)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
