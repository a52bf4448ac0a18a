#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The data plane on kernel sockets, as any user, on free ports of the loopback. Prints TAP.

usage: test_sockets.py BUILD_DIRECTORY
"""
import os
import random
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import threading

import dns.message

import netns
import push

NOT_LOADED = "SERVFAIL EDE14"
NAME = "2.0.0.127.bl.test"
CONNECTIONS_MAX = 1024


def user_for(build):
    """Somebody without rights who may run the program, or None when that is us already."""
    if os.geteuid() != 0:
        return None
    may_run = subprocess.run(["setpriv", "--reuid=nobody", "--clear-groups", "test", "-x",
                              os.path.join(build, "reputed-dataplane")],
                             stderr=subprocess.DEVNULL, check=False).returncode == 0
    return "nobody" if may_run else None


def framed(message):
    return struct.pack(">H", len(message)) + message


def many_framed(count):
    """Queries with the ids 0 .. count-1."""
    wire = bytearray(netns.query(NAME).to_wire())
    out = bytearray()
    for i in range(count):
        wire[0:2] = struct.pack(">H", i)
        out += framed(bytes(wire))
    return bytes(out)


def read_exactly(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError(f"closed after {len(data)} of {size} bytes")
        data += more
    return data


def read_message(connection):
    size, = struct.unpack(">H", read_exactly(connection, 2))
    return read_exactly(connection, size)


def read_ids(connection, count):
    return [struct.unpack(">H", read_message(connection)[:2])[0] for _ in range(count)]


def connect(where):
    connection = socket.create_connection(where, timeout=netns.DEADLINE_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def is_closed(connection):
    """Whether the other side closed, in either way it can."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def check_answers(checks, dataplane):
    for address, port in dataplane.listens():
        for tcp in (False, True):
            asked = "127.0.0.3" if address == "0.0.0.0" else "::1" if address == "::" else address
            answer = netns.ask(asked, NAME, port=port, tcp=tcp)
            checks.is_equal(netns.summary(answer), NOT_LOADED,
                            f"{'tcp' if tcp else 'udp'} to {asked} on {address}")


def check_pipelining(checks, where):
    with connect(where) as connection:
        connection.sendall(many_framed(1000))
        checks.is_equal(read_ids(connection, 1000), list(range(1000)),
                        "1000 pipelined queries are answered in order")
    with connect(where) as connection:
        for byte in many_framed(2):
            connection.sendall(bytes([byte]))
        checks.is_equal(read_ids(connection, 2), [0, 1], "queries that come byte by byte")
    with connect(where) as connection:
        connection.sendall(many_framed(50) + b"\0")
        connection.shutdown(socket.SHUT_WR)
        checks.is_equal(read_ids(connection, 50), list(range(50)),
                        "answers reach a client that has finished sending")
        checks.is_true(is_closed(connection), "and then the connection ends")


def check_slow_reader(checks, where):
    count = 65536  # more answers than all socket buffers hold
    with connect(where) as slow:
        data = many_framed(count) * 4
        sender = threading.Thread(target=slow.sendall, args=(data,), daemon=True)
        sender.start()
        # Nobody reads: sooner or later the server stops reading, and sendall() stands still.
        netns.wait_for(lambda: not select.select([], [slow], [], 0.3)[1], "the slow reader to jam")
        with connect(where) as other:
            other.sendall(many_framed(1))
            checks.is_equal(read_ids(other, 1), [0], "a slow reader does not hold up others")
        with slow.makefile("rb", buffering=1 << 20) as stream:
            ids = []
            for _ in range(4 * count):
                size, = struct.unpack(">H", stream.read(2))
                ids.append(struct.unpack(">H", stream.read(size)[:2])[0])
        sender.join(netns.DEADLINE_S)
        checks.is_true(ids == list(range(count)) * 4, "and gets every answer when it reads")


def check_garbage(checks, dataplane, where):
    before = push.Channel(dataplane.socket).stats()
    source = random.Random(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(where)
        for _ in range(300):
            sender.send(source.randbytes(source.randrange(0, 600)))
        sender.send(b"")
        sender.send(source.randbytes(9000))  # longer than any buffer
    for size in (0, 1, 11):
        with connect(where) as connection:
            connection.sendall(many_framed(3) + framed(b"x" * size) + many_framed(1))
            checks.is_equal(read_ids(connection, 3), [0, 1, 2],
                            f"answers before a message of {size} bytes")
            checks.is_true(is_closed(connection), "which ends the connection")
    checks.is_equal(netns.summary(netns.ask(where[0], NAME, port=where[1])), NOT_LOADED,
                    "udp after garbage")

    def is_counted():
        after = push.Channel(dataplane.socket).stats()
        return after['queries{transport="udp"}'] - before['queries{transport="udp"}'] >= 303
    netns.wait_for(is_counted, "garbage to be counted")
    after = push.Channel(dataplane.socket).stats()
    checks.is_true(after['drops{reason="dns_short"}'] >= before['drops{reason="dns_short"}'] + 4,
                   "too short messages are counted")


def check_cap(checks, dataplane, where):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < CONNECTIONS_MAX + 100:
        checks.skip("connection cap", f"only {hard} file descriptors")
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (CONNECTIONS_MAX + 100, hard))
    evicted = push.Channel(dataplane.socket).stats()["tcp_connections_evicted"]
    wait_until_open(dataplane, 0)
    connections = []
    for i in range(CONNECTIONS_MAX + 8):
        connections.append(connect(where))
        if i == CONNECTIONS_MAX - 1:  # the oldest becomes the one idle for shortest
            wait_until_open(dataplane, CONNECTIONS_MAX)
            connections[0].sendall(many_framed(1))
            read_ids(connections[0], 1)
    checks.is_true(all(is_closed(c) for c in connections[1:9]), "the longest idle make room")
    for index in (0, 9, -1):
        connections[index].sendall(many_framed(1))
        checks.is_equal(read_ids(connections[index], 1), [0], "others stay")
    stats = push.Channel(dataplane.socket).stats()
    checks.is_equal(stats["tcp_connections_evicted"] - evicted, 8, "evictions are counted")
    checks.is_equal(stats["tcp_connections_open"], CONNECTIONS_MAX, "open ones are counted")
    for connection in connections:
        connection.close()
    wait_until_open(dataplane, 0)
    checks.is_true(True, "closed by the clients, all are gone")


def wait_until_open(dataplane, count):
    channel = push.Channel(dataplane.socket)
    netns.wait_for(lambda: channel.stats()["tcp_connections_open"] == count,
                   f"{count} open connections")
    channel.close()


def check_threads(checks, build, user):
    """Several threads share an address; each client meets one of them."""
    with netns.Dataplane(build, ["--listen", "127.0.0.1:0", "--socket-threads", "4"],
                         user=user) as dataplane:
        (where,) = dataplane.listens()
        answers = [netns.ask(where[0], NAME, port=where[1], tcp=i % 2 == 1) for i in range(64)]
        checks.is_equal({netns.summary(a) for a in answers}, {NOT_LOADED}, "four socket threads")
        stats = push.Channel(dataplane.socket).stats()
        checks.is_equal(stats['replies{transport="udp"}'], 32, "their counters are summed, udp")
        checks.is_equal(stats['replies{transport="tcp"}'], 32, "their counters are summed, tcp")
        checks.is_equal(stats['rcodes{rcode="SERVFAIL"}'], 64, "and by response code")
        checks.is_equal(dataplane.stop(signal.SIGINT), 0, "SIGINT: exit status")


def check_no_descriptors(checks, build, user):
    """Out of file descriptors, old connections make room; the update socket keeps its own."""
    with netns.Dataplane(build, ["--listen", "127.0.0.1:0"], user=user,
                         prefix=["prlimit", "--nofile=40:40"]) as dataplane:
        (where,) = dataplane.listens()
        connections = [connect(where) for _ in range(100)]
        connections[-1].sendall(many_framed(1))
        checks.is_equal(read_ids(connections[-1], 1), [0], "100 connections, 40 descriptors")
        for connection in connections:
            connection.close()


def refused(build, arguments, user):
    words = [os.path.join(build, "reputed-dataplane"), "--socket", "/nowhere/x.sock", *arguments]
    if user:
        words = ["setpriv", f"--reuid={user}", "--clear-groups", *words]
    result = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            timeout=netns.DEADLINE_S, check=False)
    return result.returncode, result.stdout.strip()


def free_hugepages():
    """Of 2 MB, in the kernel's pool."""
    try:
        with open("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages",
                  encoding="ascii") as file:
            return int(file.read())
    except FileNotFoundError:
        return 0


def check_refusals(checks, build, user, dataplane):
    where = dataplane.listens()[0]
    taken = f"{where[0]}:{where[1]}"
    for arguments, expected in (
            (["--listen", taken], (1, f"--listen '{taken}': Address already in use")),
            (["--listen", taken, "--socket-threads", "2"],
             (1, f"--listen '{taken}': Address already in use")),
            (["--listen", "192.0.2.1:5300"],
             (1, "--listen '192.0.2.1:5300': Cannot assign requested address")),
            (["--listen", "127.0.0.1:0"],
             (1, "--socket '/nowhere/x.sock': No such file or directory")),
            (["--listen", "127.0.0.1:0", "--socket", dataplane.socket],
             (1, f"--socket '{dataplane.socket}': another data plane answers there")),
            ([], (2, "nothing to answer on: expected --listen or --port"))):
        status, text = refused(build, arguments, user)
        checks.is_equal((status, text.removeprefix("reputed-dataplane: ")), expected,
                        f"refused: {' '.join(arguments) or 'no flag'}")
    if free_hugepages() == 0:
        status, text = refused(build, ["--listen", "127.0.0.1:0", "--hugepages", "require"], user)
        checks.is_true(status == 1 and "--hugepages 'require': expected free hugepages of 2 MB for "
                       "the tables: " in text, f"required hugepages of which there are none: {text}")
    if user or os.geteuid() != 0:
        status, text = refused(build, ["--port", "net_tap0", "--address", "10.53.0.1/24"], user)
        checks.is_true(status == 1 and "DPDK ports need root" in text, "ports without root")


def check_loaded(checks, dataplane, where):
    batch = push.Batch()
    batch.add_zone("bl.test")
    batch.add("192.0.2.1", "127.0.0.2,why $ is listed")
    batch.push(push.Channel(dataplane.socket))
    for tcp in (False, True):
        for name, kind, expected in (
                ("1.2.0.192.bl.test", "A", "NOERROR 127.0.0.2"),
                ("1.2.0.192.bl.test", "TXT", 'NOERROR "why 192.0.2.1 is listed"'),
                ("2.2.0.192.bl.test", "A", "NXDOMAIN")):
            answer = netns.ask(where[0], name, kind, port=where[1], tcp=tcp)
            checks.is_equal(netns.summary(answer), expected,
                            f"loaded: {name} {kind} over {'tcp' if tcp else 'udp'}")


def check_reload(checks, dataplane, where):
    """Full loads while clients ask: every query is answered, and never with less than a load."""
    wrong, counts, is_over = [], [0, 0, 0], threading.Event()

    def keep_asking(index):
        while not is_over.is_set():
            answer = netns.ask(where[0], "1.2.0.192.bl.test", port=where[1], tcp=index == 0)
            if netns.summary(answer) != "NOERROR 127.0.0.2":
                wrong.append(netns.summary(answer))
            counts[index] += 1

    askers = [threading.Thread(target=keep_asking, args=(i,)) for i in range(len(counts))]
    for asker in askers:
        asker.start()
    loads = 0
    while loads < 20 or min(counts) < 100:
        batch = push.Batch()
        batch.add_zone("bl.test")
        batch.add("192.0.2.0/24", "127.0.0.2,why $ is listed")
        batch.push(push.Channel(dataplane.socket))
        loads += 1
    is_over.set()
    for asker in askers:
        asker.join()
    checks.is_equal(wrong, [], "full loads while clients ask")


def check_one_server(checks, build, user):
    listens = ["127.0.0.1:0", "[::1]:0", "0.0.0.0:0", "[::]:0"]
    arguments = [word for text in listens for word in ("--listen", text)]
    with netns.Dataplane(build, [*arguments, "--tcp-per-client", "2000"], user=user) as dataplane:
        where = dataplane.listens()[0]
        check_answers(checks, dataplane)
        for check in (check_pipelining, check_slow_reader):
            with checks.group(check.__name__):
                check(checks, where)
        with checks.group("garbage"):
            check_garbage(checks, dataplane, where)
        with checks.group("cap"):
            check_cap(checks, dataplane, where)
        with checks.group("refusals"):
            check_refusals(checks, build, user, dataplane)
        with checks.group("loaded"):
            check_loaded(checks, dataplane, where)
            check_reload(checks, dataplane, where)
        with checks.group("idle"), connect(where) as idle:
            idle.sendall(framed(b"x" * 20)[:10])  # a message that never ends
            checks.is_true(is_closed(idle), "an idle connection is closed")
        checks.is_equal(dataplane.stop(), 0, "SIGTERM: exit status")
        checks.is_true(not os.path.exists(dataplane.socket), "the update socket is gone")


def main(build):
    checks = netns.Checks()
    user = user_for(build)
    for check in (check_one_server, check_threads, check_no_descriptors):
        with checks.group(check.__name__):
            check(checks, build, user)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
