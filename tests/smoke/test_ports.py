#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The data plane on DPDK ports without a NIC: reachable, answering, counting. Prints TAP.

usage: test_ports.py BUILD_DIRECTORY

net_tap, and a veth under net_af_packet, net_af_xdp and net_pcap; each in namespaces of its own.
"""
import contextlib
import os
import re
import socket
import sys

import dns.message

import netns
import push

NAME = "1.2.0.192.bl.test"
SERVER4, SERVER6 = "10.53.0.1", "fd53::1"
ADDRESSES = ["--address", f"{SERVER4}/24", "--address", f"{SERVER6}/64"]


@contextlib.contextmanager
def tap(build):
    """The kernel's end of the TAP is the client: (data plane, its namespace, its device)."""
    with netns.Namespace() as host, \
            netns.Dataplane(build, ["--port", "net_tap0,iface=rbl0", *ADDRESSES],
                            host) as dataplane:
        host.ip("link", "set", "rbl0", "up")
        yield dataplane, host, "rbl0"


@contextlib.contextmanager
def veth(build, device, *arguments):
    with netns.Namespace() as server, netns.Namespace() as client:
        netns.veth(server, "v0", client, "v1")
        with netns.Dataplane(build, ["--port", f"{device},iface=v0", *ADDRESSES, *arguments],
                             server) as dataplane:
            yield dataplane, client, "v1"


def check_neighbors(checks, client, device):
    for what, words in (("ARP", ["arping", "-f", "-c", "5", "-w", "5", "-I", device, SERVER4]),
                        ("ping", ["ping", "-c", "1", "-w", "5", SERVER4]),
                        ("ping6", ["ping", "-6", "-c", "1", "-w", "5", SERVER6])):
        result = client.run(*words)
        checks.is_true(result.returncode == 0,
                       what if result.returncode == 0 else f"{what}: {result.stdout}")
    neighbors = client.run("ip", "-6", "neighbor", "show", SERVER6).stdout
    checks.is_true("lladdr" in neighbors, f"neighbour discovery ({neighbors.strip()})")
    silent = client.run("ping", "-c", "1", "-w", "1", "10.53.0.99")
    checks.is_true(silent.returncode != 0, "silent for an address that is not ours")


def check_answers(checks, expected, names):
    for address in (SERVER4, SERVER6):
        for name, kind in names:
            answer = netns.ask(address, name, kind)
            checks.is_equal(netns.summary(answer), expected[name, kind],
                            f"{name} {kind} at {address}")


def check_burst(checks, dataplane):
    """Many queries at once, answered without a mix-up; what a device loses is asked again."""
    wanted = set(range(2000))
    wire = bytearray(netns.query(NAME).to_wire())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        client.connect((SERVER4, 53))
        client.settimeout(1)

        def is_answered():
            for number in sorted(wanted):
                wire[0:2] = number.to_bytes(2, "big")
                client.send(wire)
            with contextlib.suppress(TimeoutError):
                while wanted:
                    answer = dns.message.from_wire(client.recv(4096))
                    if netns.summary(answer) == "NOERROR 127.0.0.2":
                        wanted.discard(answer.id)
            return not wanted
        netns.wait_for(is_answered, "2000 answers")
    stats = push.Channel(dataplane.socket).stats()
    checks.is_true(stats['replies{transport="dpdk"}'] >= 2000, "2000 queries in a row")


def check_counters(checks, dataplane, device):
    stats = push.Channel(dataplane.socket).stats()
    checks.is_true(stats["neighbor_replies"] >= 4, "ARP, solicitation and echoes are counted")
    checks.is_true(any(stats[f'{outcome}{{reason="{reason}"}}'] > 0
                       for outcome in ("drops", "punts")
                       for reason in ("not_our_address", "neighbor")),
                   "what is not for us is counted")
    name = device.split(",")[0]
    checks.is_true(stats[f'port_rx_packets{{port="{name}"}}'] > 2000, "frames of the device")
    status = push.Channel(dataplane.socket).status()
    checks.is_equal(status["ports"], [f"{name}: {SERVER4}/24 {SERVER6}/64"], "port in Status")


def check_port(checks, place, device):
    with place as (dataplane, client, client_device):
        client.add_address(client_device, "10.53.0.2/24")
        client.add_address(client_device, "fd53::2/64")
        check_neighbors(checks, client, client_device)
        with client.entered():
            check_answers(checks, {(NAME, "A"): "SERVFAIL EDE14"}, [(NAME, "A")])
            batch = push.Batch()
            batch.add_zone("bl.test")
            batch.add("192.0.2.1", "127.0.0.2,why $ is listed")
            batch.push(push.Channel(dataplane.socket))
            expected = {(NAME, "A"): "NOERROR 127.0.0.2",
                        (NAME, "TXT"): 'NOERROR "why 192.0.2.1 is listed"',
                        ("2.2.0.192.bl.test", "A"): "NXDOMAIN"}
            check_answers(checks, expected, list(expected))
            check_burst(checks, dataplane)
        check_counters(checks, dataplane, device)
        checks.is_equal(dataplane.stop(), 0, "SIGTERM: exit status")


def check_dig(checks, build):
    """What an administrator types."""
    with tap(build) as (_, client, device):
        client.add_address(device, "10.53.0.2/24")
        text = client.run("dig", f"@{SERVER4}", NAME, "+tries=5", "+time=2").stdout
        checks.is_true("status: SERVFAIL" in text and "EDE: 14" in text, "dig")


def check_two_workers(checks, build):
    """One queue pair for two workers is told, and works."""
    with veth(build, "net_af_packet0", "--core", "0", "--core", "1") as (dataplane, client, device):
        client.add_address(device, "10.53.0.2/24")
        with client.entered():
            answer = netns.ask(SERVER4, NAME)
        checks.is_equal(netns.summary(answer), "SERVFAIL EDE14", "two workers, one queue")
        checks.is_true("only 1 of 2 workers" in dataplane.log(), "and the log says so")
    with netns.Namespace() as host, \
            netns.Dataplane(build, ["--port", "net_tap0,iface=rbl0", *ADDRESSES, "--core", "0",
                                    "--core", "1", "--idle", "poll"], host) as dataplane:
        host.ip("link", "set", "rbl0", "up")
        host.add_address("rbl0", "10.53.0.2/24")
        with host.entered():
            answers = {netns.summary(netns.ask(SERVER4, NAME)) for _ in range(50)}
        checks.is_equal(answers, {"SERVFAIL EDE14"}, "two workers, two queues")


def check_many(checks, build):
    """As many ports as there may be, each with its own memory."""
    words = []
    for i in range(8):
        words += ["--port", f"net_tap{i},iface=rbl{i}", "--address", f"10.53.{i}.1/24"]
    with netns.Namespace() as host, \
            netns.Dataplane(build, [*words, "--core", "0", "--core", "1"], host):
        answers = set()
        for i in range(8):
            host.ip("link", "set", f"rbl{i}", "up")
            host.add_address(f"rbl{i}", f"10.53.{i}.2/24")
            with host.entered():
                answers.add(netns.summary(netns.ask(f"10.53.{i}.1", NAME)))
        checks.is_equal(answers, {"SERVFAIL EDE14"}, "eight ports, two workers")


def check_refusals(checks, build):
    for arguments, expected in (
            (["--port", "net_nothing0", *ADDRESSES], r"--port 'net_nothing0': DPDK did not start"),
            (["--port", "net_af_packet0,iface=none", *ADDRESSES], r"--port 'net_af_packet0': no"),
            (["--port", "net_tap0", *ADDRESSES, "--core", "1023"], r"--core '1023': expected a"),
            (["--port", "net_tap0", *ADDRESSES, "--hugepages", "require", *enough_for_none()],
             r"--hugepages 'require': expected \d+ MB in free hugepages")):
        try:
            with netns.Dataplane(build, arguments):
                text = "it started"
        except RuntimeError as error:
            text = str(error)
        is_refused = "status 1" in text and re.search(expected, text) is not None
        checks.is_true(is_refused, f"refused: {expected}" if is_refused else text)


def enough_for_none():
    """More ports, until no machine of ours has the hugepages."""
    words = []
    for i in range(1, 8):
        words += ["--port", f"net_tap{i}", "--address", f"10.54.{i}.1/24"]
    return words + [word for core in sorted(os.sched_getaffinity(0))[:64]
                    for word in ("--core", str(core))]


def main(build):
    netns.skip_unless_possible()
    checks = netns.Checks()
    for device in ("net_af_packet0", "net_af_xdp0", "net_pcap0"):
        with checks.group(device):
            print(f"# {device}")
            check_port(checks, veth(build, device), device)
    with checks.group("net_tap0"):
        print("# net_tap0")
        check_port(checks, tap(build), "net_tap0")
    for check in (check_dig, check_two_workers, check_many, check_refusals):
        with checks.group(check.__name__):
            check(checks, build)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
