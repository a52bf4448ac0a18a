#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every golden query over UDP and TCP, over IPv4 and IPv6, through DPDK and through sockets, of one
data plane: the same octets come back on each way. Prints TAP.

usage: test_same.py BUILD_DIRECTORY

What may differ is TCP's own: an answer that is cut over UDP, and the option edns-tcp-keepalive.
"""
import contextlib
import glob
import os
import re
import socket
import sys

import netns
import push

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "..", "golden", "cases", "*.case")
SERVER4, SERVER6, CLIENT4, CLIENT6 = "10.53.0.1", "fd53::1", "10.53.0.2", "fd53::2"
ADDRESSES = ["--address", f"{SERVER4}/24", "--address", f"{SERVER6}/64"]
LISTENS = ["--listen", "127.0.0.1:0", "--listen", "[::1]:0"]
COOKIE = rb"(\0\x0a\0\x18.{8}).{16}"
TC, KEEPALIVE = 0x02, b"\x00\x0b\x00\x00"
WINDOW = 16
QUERY_MAX = 1400  # more would be fragments
ENTRIES = {
    "192.0.2.1": "127.0.0.2,$ is listed", "192.0.2.2": "127.0.0.2,a;127.0.0.4,;127.0.0.9,b $",
    "198.51.100.0/24": "127.0.0.9,$$ drop: $", "198.51.100.7": "-", "192.0.2.3": "127.0.0.4",
    "2001:db8:1::/48": "127.0.0.9,$", "2001:db8:2::25": "127.0.0.2,$",
    ".spam.example": "127.0.1.2,$ sends spam", ".ok.spam.example": "-",
    "100.64.0.1": ";".join(f"127.0.2.{n},many" for n in range(2, 66)),  # cut over UDP
}
ZONES = ["bl.example", "dbl.example", "mix.example", "v4.example", "v6.example", "big.example",
         "txt.example", "sub.bl.example", "key.example", "rec.example", "open.example",
         "off.example=not-loaded", "old.example=expired"]


def golden_queries():
    """The messages of all cases, each once."""
    found = {}
    for path in sorted(glob.glob(CASES)):
        with open(path, encoding="utf-8") as file:
            blocks = re.split(r"^case ", file.read(), flags=re.M)[1:]
        for block in blocks:
            lines = re.search(r"\nquery\n((?:  .*\n)*)", block)[1].split("\n")
            wire = bytes.fromhex("".join(line.split(";")[0] for line in lines))
            if len(wire) <= QUERY_MAX:
                found.setdefault(wire, f"{os.path.basename(path)} {block.split()[0]}")
    return found


def numbered(wire, number):
    """With an id of its own, by which its answer is known; none where there is no id."""
    return number.to_bytes(2, "big") + wire[2:] if len(wire) >= 2 else wire


def comparable(answer):
    """Without the id, and without the server cookie, which is another one for each client."""
    return answer and re.sub(COOKIE, rb"\1", answer[2:], flags=re.S)


def took_all(client, last, answers):
    """Ask what is asked last, and take answers until it is answered; False: it was not."""
    client.send(last)
    with contextlib.suppress(TimeoutError):
        while (answer := client.recv(65535))[:2] != last[:2]:
            answers[int.from_bytes(answer[:2], "big")] = answer
        return True
    return False


def over_udp(where, queries):
    """
    Answers by query; None for none, after one that was sent later was answered. All is asked twice
    where there was none, because a datagram may be lost; what tells the end, until it is answered.
    """
    answers = [None] * len(queries)
    last = netns.query("bl.example", "SOA").to_wire()
    family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        client.connect(where)
        for start in [*range(0, len(queries), WINDOW)] * 2:
            missing = [i for i in range(start, min(start + WINDOW, len(queries)))
                       if answers[i] is None]
            for i in missing:
                client.send(numbered(queries[i], i))
            netns.wait_for(lambda: took_all(client, numbered(last, 0xffff), answers),
                           f"an answer from {where[0]}")
    return [comparable(a) for a in answers]


def read_exactly(client, size):
    data = b""
    while len(data) < size:
        piece = client.recv(size - len(data))
        if not piece:
            return None
        data += piece
    return data


def over_tcp(where, queries, answered):
    """The same over TCP, pipelined; a query that gets no answer ends its connection, and is last."""
    answers = [None] * len(queries)
    order = [i for i in range(len(queries)) if answered[i] is not None]
    rounds = [order[at:at + WINDOW] for at in range(0, len(order), WINDOW)]
    rounds += [[i] for i in range(len(queries)) if answered[i] is None]
    for numbers in rounds:
        with socket.create_connection(where, netns.DEADLINE_S) as client:
            client.sendall(b"".join(len(queries[i]).to_bytes(2, "big") + numbered(queries[i], i)
                                    for i in numbers))
            client.shutdown(socket.SHUT_WR)
            while size := read_exactly(client, 2):
                answer = read_exactly(client, int.from_bytes(size, "big"))
                answers[int.from_bytes(answer[:2], "big")] = answer
    return [comparable(a) for a in answers]


def differs(queries, names, answers, ways):
    """The names of the queries whose answers are not the same on all of the ways."""
    return [names[i] for i in range(len(queries)) if len({answers[w][i] for w in ways}) > 1]


def compare(checks, what, ways):
    """ways: name -> (namespace, kind, where)"""
    golden = golden_queries()
    queries, names = list(golden), list(golden.values())
    answers = {}
    for kind in ("udp", "tcp"):
        for way, (namespace, its_kind, where) in ways.items():
            if its_kind != kind:
                continue
            with namespace.entered():
                answers[way] = over_udp(where, queries) if kind == "udp" else over_tcp(
                    where, queries, answers["kernel UDP IPv4"])
    first, all_of = "kernel UDP IPv4", {kind: [w for w in ways if ways[w][1] == kind]
                                        for kind in ("udp", "tcp")}
    count = sum(a is not None for a in answers[first])
    cut = [i for i in range(len(queries)) if answers[first][i] and answers[first][i][0] & TC]
    own = [i for i in range(len(queries)) if KEEPALIVE in queries[i] or i in cut]
    checks.is_true(count >= 400, f"{what}: {count} of {len(queries)} golden queries are answered")
    checks.is_true(1 <= len(cut) <= 20, f"{what}: {len(cut)} of them are cut over UDP")
    for way in all_of["udp"][1:]:
        checks.is_equal(differs(queries, names, answers, [first, way]), [],
                        f"{what}: {way} as {first}")
    for way in all_of["tcp"][1:]:
        checks.is_equal(differs(queries, names, answers, [all_of["tcp"][0], way]), [],
                        f"{what}: {way} as {all_of['tcp'][0]}")
    way = all_of["tcp"][0]
    checks.is_equal([n for n in differs(queries, names, answers, [first, way])
                     if names.index(n) not in own and not n.startswith("edns.case keepalive")], [],
                    f"{what}: {way} as {first}, but for what is TCP's own")
    checks.is_true(all(answers[way][i] and len(answers[way][i]) > len(answers[first][i])
                       for i in cut), f"{what}: what is cut over UDP is whole over TCP")


def load(dataplane):
    batch = push.Batch()
    for zone in ZONES:
        batch.add_zone(zone)
    for key, listings in ENTRIES.items():
        batch.add(key, listings)
    batch.push(push.Channel(dataplane.socket))


def kernel_ways(dataplane, namespace):
    ways = {}
    for family, where in zip(("IPv4", "IPv6"), dataplane.listens()):
        for kind in ("udp", "tcp"):
            ways[f"kernel {kind.upper()} {family}"] = namespace, kind, where
    return ways


def check_veth(checks, build, device, *arguments):
    """DPDK for UDP; TCP through the port to the kernel, unless the kernel sees the port's frames."""
    with netns.Namespace() as server, netns.Namespace() as client:
        netns.veth(server, "v0", client, "v1")
        client.add_address("v1", f"{CLIENT4}/24")
        client.add_address("v1", f"{CLIENT6}/64")
        with netns.Dataplane(build, ["--port", f"{device},iface=v0", *ADDRESSES, *arguments,
                                     *LISTENS], server) as dataplane:
            load(dataplane)
            ways = kernel_ways(dataplane, server)
            for family, address in (("IPv4", SERVER4), ("IPv6", SERVER6)):
                ways[f"DPDK UDP {family}"] = client, "udp", (address, 53)
                if not arguments:
                    ways[f"punted TCP {family}"] = client, "tcp", (address, 53)
            before = push.Channel(dataplane.socket).stats()['queries{transport="dpdk"}']
            compare(checks, device, ways)
            after = push.Channel(dataplane.socket).stats()['queries{transport="dpdk"}']
            checks.is_true(after - before >= 800, f"{device}: {after - before} queries through DPDK")


def check_tap(checks, build):
    with netns.Namespace() as host, \
            netns.Dataplane(build, ["--port", "net_tap0,iface=rbl0", *ADDRESSES, *LISTENS],
                            host) as dataplane:
        host.add_address("rbl0", f"{CLIENT4}/24")
        host.add_address("rbl0", f"{CLIENT6}/64")
        host.ip("link", "set", "rbl0", "up")
        load(dataplane)
        ways = kernel_ways(dataplane, host)
        for family, address in (("IPv4", SERVER4), ("IPv6", SERVER6)):
            ways[f"DPDK UDP {family}"] = host, "udp", (address, 53)
        compare(checks, "net_tap0", ways)


def main(build):
    netns.skip_unless_possible()
    checks = netns.Checks()
    for words in (["net_af_packet0", "--punt", "off"], ["net_af_xdp0"]):
        with checks.group(words[0]):
            check_veth(checks, build, *words)
    with checks.group("net_tap0"):
        check_tap(checks, build)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
