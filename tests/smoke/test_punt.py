#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The rest of a DPDK port is the kernel's: TCP, fragments, options, its own connections. Prints TAP.

usage: test_punt.py BUILD_DIRECTORY

A veth under net_af_xdp, whose frames the kernel below does not see, and under net_af_packet.
"""
import contextlib
import os
import re
import socket
import struct
import sys
import threading

import dns.edns
import dns.message
import dns.query

import netns
import push
import test_frames

NAME, LONG = "1.2.0.192.bl.test", "9.2.0.192.bl.test"
SERVER4, SERVER6, CLIENT4, CLIENT6 = "10.53.0.1", "fd53::1", "10.53.0.2", "fd53::2"
ADDRESSES = ["--address", f"{SERVER4}/24", "--address", f"{SERVER6}/64"]
CODES = 60  # A records of LONG: more than fit a UDP answer
SO_AUXDATA, SOL_PACKET, VLAN_VALID = 8, 263, 0x10
IPV6_DSTOPTS = 59


@contextlib.contextmanager
def joined(has_ip6=True):
    """Without IPv6 the client sends nothing of its own accord."""
    with netns.Namespace() as server, netns.Namespace() as client:
        netns.veth(server, "v0", client, "v1")
        client.add_address("v1", f"{CLIENT4}/24")
        if has_ip6:
            client.add_address("v1", f"{CLIENT6}/64")
        else:
            client.run("sysctl", "-qw", "net.ipv6.conf.v1.disable_ipv6=1")
        yield server, client


@contextlib.contextmanager
def place(build, device, *arguments, has_ip6=True):
    """(data plane with two listings, server's namespace, client's namespace)"""
    with joined(has_ip6) as (server, client), \
            netns.Dataplane(build, ["--port", f"{device},iface=v0", *ADDRESSES, *arguments],
                            server) as dataplane:
        batch = push.Batch()
        batch.add_zone("bl.test")
        batch.add("192.0.2.1", "127.0.0.2,listed")
        batch.add("192.0.2.9", ";".join(f"127.0.1.{i},listed" for i in range(CODES)))
        batch.push(push.Channel(dataplane.socket))
        yield dataplane, server, client


def stats(dataplane):
    return push.Channel(dataplane.socket).stats()


def punts(dataplane, reason):
    return stats(dataplane)[f'punts{{reason="{reason}"}}']


def bound(namespace, address, kind, port=0):
    """A socket of a namespace; it stays there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with namespace.entered():
        s = socket.socket(family, kind)
    s.settimeout(netns.DEADLINE_S)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port))
    return s


@contextlib.contextmanager
def echo_server(namespace, address, port):
    """Sends back what one connection brings, until its end."""
    def serve():
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(netns.DEADLINE_S)
                while data := connection.recv(65536):
                    connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)

    with bound(namespace, address, socket.SOCK_STREAM, port) as listener:
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def round_trip(connection, data):
    """What comes back of data, sent while it is read."""
    def send():
        with contextlib.suppress(OSError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    back = b""
    while piece := connection.recv(65536):
        back += piece
    sender.join()
    return back


def check_tcp(checks, dataplane, server, client):
    """In both directions; the client's kernel leaves TCP checksums unfinished."""
    data = bytes(range(256)) * 1200
    for here, there in ((SERVER4, CLIENT4), (SERVER6, CLIENT6)):
        with echo_server(server, here, 2222), bound(client, there, socket.SOCK_STREAM) as s:
            s.connect((here, 2222))
            checks.is_true(round_trip(s, data) == data, f"TCP to {here}: {len(data)} bytes, back")
        server.run("ip", "neighbor", "flush", "all")
        with echo_server(client, there, 179), bound(server, here, socket.SOCK_STREAM) as s:
            s.connect((there, 179))
            checks.is_true(round_trip(s, data) == data, f"TCP to {there}, which we looked for")
    checks.is_true(punts(dataplane, "neighbor") > 0, "answers of neighbours are the kernel's")


def check_dns(checks, dataplane, client):
    with client.entered():
        for address in (SERVER4, SERVER6):
            before = stats(dataplane)
            answer = netns.ask(address, NAME, tcp=True)
            checks.is_equal(netns.summary(answer), "NOERROR 127.0.0.2", f"TCP at {address}")
            answer = netns.ask(address, NAME)
            checks.is_equal(netns.summary(answer), "NOERROR 127.0.0.2", f"UDP at {address}")
            after = stats(dataplane)
            checks.is_equal(after['queries{transport="tcp"}'] - before['queries{transport="tcp"}'],
                            1, "TCP went through the kernel")
            checks.is_equal(after['queries{transport="udp"}'] - before['queries{transport="udp"}'],
                            0, "UDP did not")
            question = netns.query(LONG, edns=False)
            answer, is_tcp = dns.query.udp_with_fallback(question, address,
                                                         timeout=netns.DEADLINE_S)
            checks.is_true(is_tcp and sum(len(a) for a in answer.answer) == CODES,
                           f"TC, and whole over TCP at {address}")


def check_pings(checks, dataplane, server, client):
    for what, namespace, words in (
            ("ping, 1400 bytes", client, ["-s", "1400", SERVER4]),
            ("ping in fragments", client, ["-s", "4000", SERVER4]),
            ("ping6, 1400 bytes", client, ["-6", "-s", "1400", SERVER6]),
            ("ping6 in fragments", client, ["-6", "-s", "4000", SERVER6]),
            ("ping from the server", server, [CLIENT4]),
            ("ping6 from the server", server, ["-6", CLIENT6])):
        result = namespace.run("ping", "-c", "1", "-w", "10", *words)
        checks.is_true(result.returncode == 0 and "DUP" not in result.stdout,
                       what if result.returncode == 0 else f"{what}: {result.stdout}")
    checks.is_true(punts(dataplane, "fragment") >= 6, "fragments are the kernel's")


def exchange(s, address, wire):
    """Ask by UDP, again until the deadline; the answer in one line."""
    def answered():
        s.sendto(wire, (address, 53))
        with contextlib.suppress(TimeoutError):
            return netns.summary(dns.message.from_wire(s.recv(4096)))
        return None

    s.settimeout(2)
    return netns.wait_for(answered, f"an answer of {address}")


def check_unusual_queries(checks, dataplane, client):
    """What the fast path leaves alone is answered all the same, by the kernel's UDP."""
    padded = netns.query(NAME)
    padded.use_edns(0, payload=1232, options=[dns.edns.GenericOption(12, b"\0" * 3000)])
    large, plain = padded.to_wire(max_size=4096), netns.query(NAME).to_wire()
    no_operations, padding = b"\1\1\1\0", b"\0\0\1\4\0\0\0\0"
    for what, here, there, wire, reason, option in (
            ("in fragments", SERVER4, CLIENT4, large, "fragment", None),
            ("in IPv6 fragments", SERVER6, CLIENT6, large, "fragment", None),
            ("with IP options", SERVER4, CLIENT4, plain, "ip_options",
             (socket.IPPROTO_IP, socket.IP_OPTIONS, no_operations)),
            ("with destination options", SERVER6, CLIENT6, plain, "ip_options",
             (socket.IPPROTO_IPV6, IPV6_DSTOPTS, padding))):
        before = stats(dataplane)
        with bound(client, there, socket.SOCK_DGRAM) as s:
            if option:
                s.setsockopt(*option)
            checks.is_equal(exchange(s, here, wire), "NOERROR 127.0.0.2", f"a query {what}")
        after = stats(dataplane)
        name = f'punts{{reason="{reason}"}}'
        checks.is_true(after[name] > before[name], f"{what}: counted as {reason}")
        checks.is_true(after['queries{transport="udp"}'] > before['queries{transport="udp"}'],
                       f"{what}: answered by the kernel's UDP")


def check_other_ports(checks, dataplane, server, client):
    with bound(server, SERVER4, socket.SOCK_DGRAM, 7777) as there, \
            bound(client, CLIENT4, socket.SOCK_DGRAM) as s:
        def came():
            s.sendto(b"hello", (SERVER4, 7777))
            with contextlib.suppress(TimeoutError):
                return there.recv(100)
            return None
        there.settimeout(2)
        checks.is_equal(netns.wait_for(came, "a datagram"), b"hello", "another UDP port")
    with bound(client, CLIENT4, socket.SOCK_DGRAM) as s:
        s.connect((SERVER4, 9))

        def refused():
            try:
                s.settimeout(2)
                s.send(b"hello")
                s.recv(100)
            except ConnectionRefusedError:
                return True
            except TimeoutError:
                pass
            return False
        checks.is_true(netns.wait_for(refused, "a refusal"), "nobody there: the kernel says so")
    checks.is_true(punts(dataplane, "udp_port") > 0, "other ports are the kernel's")


class Wire:
    """Frames as they are, from the client's end."""

    def __init__(self, client, server, dataplane):
        with client.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind(("v1", 0))
        text = server.run("ip", "link", "show", "v0").stdout
        self.mac = bytes.fromhex(re.search(r"link/ether (\S+)", text)[1].replace(":", ""))
        self.dataplane = dataplane

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def frame(self, payload, **how):
        return test_frames.ethernet(payload, **{"to": self.mac, **how})

    def outcomes(self, frames):
        """Send; what was counted for them, once each has been: {name: count}."""
        before = stats(self.dataplane)
        found = {}

        def is_whole():
            now = stats(self.dataplane)
            found.clear()
            found.update({k: v - before[k] for k, v in now.items() if v != before[k] and
                          k.startswith(("drops", "punts"))})
            return sum(found.values()) >= len(frames)
        for frame in frames:
            self.socket.send(frame)
        netns.wait_for(is_whole, f"{len(frames)} outcomes, there are {found}")
        return found


def know(server, client):
    """The server's kernel need not ask where the client is; the answer would be counted."""
    text = client.run("ip", "link", "show", "v1").stdout
    server.ip("neighbor", "replace", CLIENT4, "lladdr", re.search(r"link/ether (\S+)", text)[1],
              "dev", "rbl-0", "nud", "permanent")


SYN = struct.pack(">HHIIBBHHH", 40000, 9, 1, 0, 0x50, 2, 1000, 0, 0)
PORTMAP = struct.pack(">HHHH", 40000, 111, 8, 0)


def check_outcomes(checks, wire):
    """Each frame has one outcome; what is damaged or not for us is never the kernel's."""
    tag, service = b"\x81\0\0\x2a", b"\x88\xa8\0\x07"
    tcp = test_frames.ip4(SYN, protocol=6)
    for what, frame, outcome in (
            ("TCP", wire.frame(tcp), 'punts{reason="ip_protocol"}'),
            ("TCP behind a tag", wire.frame(tcp, tag=tag), 'punts{reason="ip_protocol"}'),
            ("GRE", wire.frame(test_frames.ip4(SYN, protocol=47)), 'punts{reason="ip_protocol"}'),
            ("another UDP port", wire.frame(test_frames.ip4(PORTMAP)),
             'punts{reason="udp_port"}'),
            ("a fragment", wire.frame(test_frames.ip4(SYN, protocol=6, fragment=0x2000)),
             'punts{reason="fragment"}'),
            ("another address", wire.frame(test_frames.ip4(SYN, protocol=6, to="10.53.0.77")),
             'punts{reason="not_our_address"}'),
            ("two tags", wire.frame(tcp, tag=tag + tag), 'drops{reason="vlan_stacked"}'),
            ("a service tag", wire.frame(tcp, tag=service), 'drops{reason="vlan_stacked"}'),
            ("a bad IP checksum", wire.frame(test_frames.ip4(SYN, protocol=6, damage=1)),
             'drops{reason="ip_checksum"}'),
            ("another station", wire.frame(tcp, to=b"\2\0\0\0\0\x77"),
             'drops{reason="not_our_mac"}'),
            ("LLDP", wire.frame(tcp, kind=0x88cc), 'drops{reason="ethertype"}'),
            ("cut short", wire.frame(tcp)[:50], 'drops{reason="ip_header"}')):
        found = wire.outcomes([frame])
        checks.is_equal(found, {outcome: 1}, f"{what}: {outcome}")


def check_tag(checks, wire, server):
    """The kernel sees the tag of what it is given."""
    with server.entered():
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    with tap:
        tap.bind(("rbl-0", 3))
        tap.setsockopt(SOL_PACKET, SO_AUXDATA, 1)
        tap.settimeout(netns.DEADLINE_S)
        wire.socket.send(wire.frame(test_frames.ip4(SYN, protocol=6), tag=b"\x81\0\0\x2a"))

        def tag():
            frame, auxiliary, _, _ = tap.recvmsg(4096, 256)
            if frame[34:54] != SYN:
                return None
            status, _, _, _, _, tci, kind = struct.unpack("IIIHHHH", auxiliary[0][2][:20])
            return status & VLAN_VALID and (tci, kind)
        checks.is_equal(netns.wait_for(tag, "the tagged frame"), (42, 0x8100),
                        "the tag is still there")


def check_flood(checks, build):
    """More than may be punted is dropped and counted, and no query is lost over it."""
    with place(build, "net_af_xdp0", "--punt-rate", "100", has_ip6=False) as (
            dataplane, server, client), \
            Wire(client, server, dataplane) as wire, \
            bound(client, CLIENT4, socket.SOCK_DGRAM) as s:
        s.connect((SERVER4, 53))
        frame = wire.frame(test_frames.ip4(SYN, protocol=6))
        exchange(s, SERVER4, netns.query(NAME).to_wire())  # neighbours know each other now
        s.settimeout(netns.DEADLINE_S)
        know(server, client)
        asked = netns.query(NAME).to_wire()
        answered = 0
        before = stats(dataplane)
        for number in range(300):
            for _ in range(40):
                wire.socket.send(frame)
            s.send(number.to_bytes(2, "big") + asked[2:])
            answer = dns.message.from_wire(s.recv(4096))
            answered += answer.id == number and netns.summary(answer) == "NOERROR 127.0.0.2"
        checks.is_equal(answered, 300, "300 queries in a flood of TCP, each answered at once")

        def total():
            after = stats(dataplane)
            return {k: after[k] - before[k] for k in (
                'punts{reason="ip_protocol"}', 'drops{reason="punt_limit"}',
                'drops{reason="punt_full"}')}
        netns.wait_for(lambda: sum(total().values()) >= 12000, f"12000 outcomes: {total()}")
        counted = total()
        checks.is_equal(sum(counted.values()), 12000, "12000 frames, each counted once")
        checks.is_true(counted['drops{reason="punt_limit"}'] > 0,
                       f"beyond the limit: {counted}")


def check_port(checks, build):
    with place(build, "net_af_xdp0") as (dataplane, server, client):
        checks.is_true("net_af_xdp0: the kernel gets what is not a DNS query, as 'rbl-0'"
                       in dataplane.log(), "the log says so")
        for check in (check_tcp, check_pings, check_other_ports):
            check(checks, dataplane, server, client)
        for check in (check_dns, check_unusual_queries):
            check(checks, dataplane, client)
        after = stats(dataplane)
        checks.is_equal((after["punt_refused"], after["punt_unsent"]), (0, 0), "nothing was lost")
        checks.is_true(after["punt_sent"] > 0, "the kernel's frames are counted")
        checks.is_equal(dataplane.stop(), 0, "SIGTERM: exit status")
        checks.is_true("rbl-0" not in server.run("ip", "link").stdout, "the interface is gone")


def check_frames(checks, build):
    with place(build, "net_af_xdp0", has_ip6=False) as (dataplane, server, client), \
            Wire(client, server, dataplane) as wire:
        know(server, client)
        check_outcomes(checks, wire)
        check_tag(checks, wire, server)


def check_af_packet(checks, build):
    """The kernel below sees the frames too, and has to be told that they are not its own."""
    with joined() as (server, client):
        server.run("sysctl", "-qw", "net.ipv4.conf.v0.rp_filter=1")
        client.run("ethtool", "-K", "v1", "tso", "off", "gso", "off")
        with netns.Dataplane(build, ["--port", "net_af_packet0,iface=v0", *ADDRESSES, "--punt",
                                     "dns0"], server) as dataplane:
            data = bytes(range(256)) * 200
            with echo_server(server, SERVER4, 22), \
                    bound(client, CLIENT4, socket.SOCK_STREAM) as s:
                s.connect((SERVER4, 22))
                checks.is_true(round_trip(s, data) == data, "TCP over net_af_packet")
            with client.entered():
                for tcp in (True, False):
                    answer = netns.ask(SERVER4, NAME, tcp=tcp)
                    checks.is_equal(netns.summary(answer), "SERVFAIL EDE14", f"TCP: {tcp}")
            checks.is_equal(stats(dataplane)['queries{transport="udp"}'], 0, "answered once")
        checks.is_true("dns0" not in server.run("ip", "link").stdout, "the interface is gone")


def check_off(checks, build):
    """Not asked for, not there: where the kernel has the frames anyway, or with off."""
    for device, more in (("net_tap0,iface=t0", []), ("net_af_packet0,iface=v0", []),
                         ("net_af_xdp0,iface=v0", ["--punt", "off"])):
        with joined() as (server, _), \
                netns.Dataplane(build, ["--port", device, *ADDRESSES, *more], server) as dataplane:
            links = server.run("ip", "link").stdout
            checks.is_true("rbl-0" not in links and "rbl-0" not in dataplane.log(),
                           f"no interface for {device} {' '.join(more)}")
            checks.is_true(":53 " not in server.run("ss", "-lntu").stdout, "and nobody listens")


def check_conflicts(checks, build):
    """What the default cannot have is told and done without; what was asked for must be had."""
    port = ["--port", "net_af_xdp0,iface=v0", *ADDRESSES]
    with joined() as (server, client):
        server.ip("tuntap", "add", "rbl-0", "mode", "tun")
        with netns.Dataplane(build, port, server) as dataplane:
            with client.entered():
                checks.is_equal(netns.summary(netns.ask(SERVER4, NAME)), "SERVFAIL EDE14",
                                "without the kernel")
            checks.is_true("net_af_xdp0: the kernel gets nothing of it, so TCP there is not "
                           "answered: interface 'rbl-0': making the TAP interface: Invalid"
                           in dataplane.log(), "and the log says why")
        try:
            with netns.Dataplane(build, [*port, "--punt", "rbl-0"], server):
                text = "it started"
        except RuntimeError as error:
            text = str(error)
        checks.is_true("status 1" in text and "--punt 'rbl-0': port net_af_xdp0: interface "
                       "'rbl-0': making the TAP" in text, "asked for: refused")
    with joined() as (server, client), \
            bound(server, "0.0.0.0", socket.SOCK_STREAM, 53) as other:
        other.listen()
        with netns.Dataplane(build, port, server) as dataplane:
            checks.is_true(f"TCP at {SERVER4}:53, an address of a port, is not answered: Address"
                           in dataplane.log(), "another server has TCP port 53")
            with client.entered():
                answer = netns.ask(SERVER6, NAME, tcp=True)
            checks.is_equal(netns.summary(answer), "SERVFAIL EDE14", "but not that of IPv6")


def main(build):
    netns.skip_unless_possible()
    checks = netns.Checks()
    for check in (check_port, check_frames, check_flood, check_af_packet, check_off, check_conflicts):
        with checks.group(check.__name__):
            print(f"# {check.__name__}")
            check(checks, build)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
