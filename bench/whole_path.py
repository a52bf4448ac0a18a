#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The whole path of a packet without a NIC, each beside its floor or its peers in the same run, turn
by turn. Prints JSON lines, see README.md; what is missing is told on stderr and left out.

usage: whole_path.py BUILD_DIRECTORY pcap|memif|veth|sockets [COUNT [RUNS]]    default: 1000000 3

pcap     questions from net_pcap's infinite_rx; floor: testpmd's 5tswap on the same device
memif    two processes, reputed-flood and a server; floor: testpmd's macswap in the server's place
veth     net_af_xdp on a veth beside Knot (XDP), NSD and rbldnsd on its kernel side, asked by reputed-flood
sockets  kernel sockets beside rbldnsd's, on the same veth: replies for a second of processor time
"""
import contextlib
import json
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "smoke"))

import bench_load
import netns
import push

ZONE = "bl.test"
SERVER, CLIENT = "10.53.0.1", "10.53.0.2"
SERVER_CORE, CLIENT_CORE = "0", "1"
PCAP_MAC = "027063617000"  # of net_pcap0, always
PCAP_QUESTIONS = 2000  # the device keeps a packet buffer of each
PCAP_ROUNDS = 20
PCAP_SAMPLE_S = 0.2
WIDE = 0.9  # of the widest the core has been
SECONDS = "2"
EAL = ["--no-pci", "--no-telemetry", "--no-huge", "--no-shconf", "--log-level=error"]
CONFIG = """\
state_dir: {folder}/state
control_socket: {folder}/control.sock
dataplane: {{socket: {socket}}}
access: [{{from: "0.0.0.0/0", action: allow}}]
lists:
  - {{name: big, feed: {{path: {folder}/listed.txt, format: plain}}, code: 127.0.0.2, text: "$ is listed"}}
zones:
  - {{name: bl.test, lists: [big]}}
"""


def tell(name, values, unit):
    """The median of the runs."""
    bench_load.tell(name, statistics.median(values), unit, len(values))


def say(text):
    print(f"whole_path.py: {text}", file=sys.stderr)


@contextlib.contextmanager
def running(log, *words, stdin=subprocess.DEVNULL):
    with subprocess.Popen(words, stdout=log, stderr=log, stdin=stdin, text=True,
                          preexec_fn=netns.die_with_parent) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


class Bench:
    """A folder with the listed addresses, and where figures are collected."""

    def __init__(self, build, folder, count):
        self.build, self.folder, self.count = build, folder, count
        self.figures = {}
        os.chmod(folder, 0o755)  # rbldnsd is not root
        self.log = open(self.path("log"), "ab")
        chance = random.Random(1)
        self.listed = [f"{a >> 24}.{a >> 16 & 255}.{a >> 8 & 255}.{a & 255}"
                       for a in chance.sample(range(0x0B000000, 0x64000000), count)]
        with open(self.path("listed.txt"), "w", encoding="ascii") as file:
            file.writelines(f"{address}\n" for address in self.listed)

    def path(self, name):
        return os.path.join(self.folder, name)

    def tell_log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as log:
            sys.stderr.write(log.read()[-4000:])

    def note(self, name, value):
        self.figures.setdefault(name, []).append(value)

    def tell(self, ratios=()):
        for name, values in self.figures.items():
            unit = "ns/answer" if "_cpu" in name else "percent" if "_loss" in name else \
                "steps/cycle" if "_width" in name else "1/s"
            tell(name, values, unit)
        for name, above, below in ratios:
            if above in self.figures and below in self.figures:
                pairs = zip(self.figures[above], self.figures[below])
                tell(name, [a / b for a, b in pairs], "x")

    @contextlib.contextmanager
    def server(self, arguments, namespace=None, prefix=()):
        """Our data plane with the list, filled by control, which has ended when it is measured."""
        with netns.Dataplane(self.build, arguments, namespace, prefix) as dataplane:
            shutil.rmtree(self.path("state"), ignore_errors=True)
            with open(self.path("reputed.yaml"), "w", encoding="ascii") as file:
                file.write(CONFIG.format(folder=self.folder, socket=dataplane.socket))
            with running(self.log, os.path.join(self.build, "reputed"), "-c",
                         self.path("reputed.yaml")):
                netns.wait_for(lambda: push.Channel(dataplane.socket).status().get("entries", 0)
                               >= self.count, "the list to be loaded")
            yield dataplane

    def flood(self, namespace, device, *words, prefix=()):
        """Figures by name, without 'flood_'."""
        words = [*prefix, os.path.join(self.build, "bench", "reputed-flood"), *EAL, "-m", "256", "-l",
                 CLIENT_CORE, "--vdev", device, "--", "--quiet", "--server", SERVER, "--from",
                 CLIENT, "--zone", ZONE, "--listed", self.path("listed.txt"), "--seconds", SECONDS,
                 *words]
        done = subprocess.run(namespace.command(*words) if namespace else words, text=True,
                              stdout=subprocess.PIPE, stderr=self.log, timeout=300, check=False)
        figures = {}
        for line in done.stdout.splitlines():
            if line.startswith("{"):
                figure = json.loads(line)
                figures[figure["name"][6:]] = figure["value"]
        if figures.get("wrong") or figures.get("malformed") or "answered_rate" not in figures:
            raise SystemExit(f"whole_path.py: bad answers: {figures}, {done.returncode}")
        return figures


class Testpmd:
    """dpdk-testpmd, told what to do on its standard input."""

    def __init__(self, bench, mode, device):
        self.words = ["stdbuf", "-oL", "dpdk-testpmd", *EAL, "-m", "256", "-l", f"{CLIENT_CORE},{SERVER_CORE}",
                      "--main-lcore", CLIENT_CORE,
                      "--vdev", device, "--", "-i", "--total-num-mbufs=8192", "--no-flush-rx",
                      f"--forward-mode={mode}"]
        self.path = bench.path("testpmd.log")

    def __enter__(self):
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=log,
                                            stderr=log, text=True,
                                            preexec_fn=netns.die_with_parent)
        self.say("start")
        netns.wait_for(lambda: "packet forwarding - ports=1" in self.output(), "testpmd to forward")
        return self

    def __exit__(self, *_):
        with contextlib.suppress(BrokenPipeError):
            self.say("stop")
            self.say("quit")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def output(self):
        with open(self.path, encoding="utf-8", errors="replace") as text:
            return text.read()

    def received(self):
        """Packets received so far."""
        before = len(re.findall(r"RX-packets: ", self.output()))
        self.say("show port stats 0")
        netns.wait_for(lambda: len(re.findall(r"RX-packets: ", self.output())) > before,
                       "testpmd's figures")
        return int(re.findall(r"RX-packets: (\d+)", self.output())[-1])


def rate(count):
    """Of something that counts, in a moment."""
    count()
    begun = time.monotonic()
    first = count()
    time.sleep(PCAP_SAMPLE_S)
    asked = time.monotonic()
    return (count() - first) / (asked - begun)


def core_width(bench):
    """How much of the server's core there is now, see core_width.c."""
    done = subprocess.run(["taskset", "-c", SERVER_CORE, os.path.join(bench.build, "bench", "core_width")],
                          check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)["value"]


def processor_ns(pid):
    """Processor time of all threads so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1e9 / os.sysconf("SC_CLK_TCK")


def write_pcap(path, bench):
    """Questions as frames to the port's first MAC, half of listed addresses."""
    chance = random.Random(2)
    with open(path, "wb") as file:
        file.write(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
        for number in range(PCAP_QUESTIONS):
            address = chance.choice(bench.listed) if number % 2 else \
                ".".join(str(chance.randrange(101, 120)) for _ in range(4))
            name = ".".join(address.split(".")[::-1]) + "." + ZONE
            message = netns.query(name).to_wire()
            ports = (1024 + number, 53, 8 + len(message), 0)
            udp = b"".join(value.to_bytes(2, "big") for value in ports) + message
            ip = bytearray(bytes.fromhex("45000000000040004011000000000000") + b"\0" * 4)
            ip[2:4] = (20 + len(udp)).to_bytes(2, "big")
            ip[12:20] = bytes([10, 53, 0, 2, 10, 53, 0, 1])
            total = sum(int.from_bytes(ip[i:i + 2], "big") for i in range(0, 20, 2))
            total = (total & 0xffff) + (total >> 16)
            ip[10:12] = (~total & 0xffff).to_bytes(2, "big")
            frame = bytes.fromhex(PCAP_MAC + "020000000002" + "0800") + ip + udp
            size = len(frame).to_bytes(4, "little")
            file.write(b"\0" * 8 + size + size + frame)


def take_turn(bench, pid, count):
    """A rate of a program that is stopped before and after, and how wide its core was."""
    before = core_width(bench)
    os.kill(pid, signal.SIGCONT)
    sample = rate(count)
    os.kill(pid, signal.SIGSTOP)
    return sample, min(before, core_width(bench))


def take_turns(bench, programs):
    """Rates of programs that poll on one core, in turns, and how wide the core was meanwhile.

    programs: [(process id, what counts its packets)]; all but one are stopped at any time
    Returns: of each round and program (rate, width)
    """
    rounds = []
    try:
        for pid, _ in programs:
            os.kill(pid, signal.SIGSTOP)
        for _ in range(PCAP_ROUNDS):
            rounds.append([take_turn(bench, pid, count) for pid, count in programs])
    finally:
        for pid, _ in programs:
            os.kill(pid, signal.SIGCONT)
    return rounds


def note_turns(bench, rounds):
    """Figures of all rounds, and of those samples in which the core was at its widest."""
    widths = [width for samples in rounds for _, width in samples]
    bench.note("path_pcap_core_width", statistics.median(widths))
    bench.note("path_pcap_core_width_most", max(widths))
    names = ("path_pcap_replies", "path_pcap_5tswap")
    wide = [[value for value, width in samples if width >= WIDE * max(widths)]
            for samples in zip(*rounds)]
    for name, samples in zip(names, zip(*rounds)):
        bench.note(name, statistics.median(value for value, _ in samples))
    for name, values in zip(names, wide if all(wide) else ()):
        bench.note(f"{name}_wide", statistics.median(values))


def path_pcap(bench, runs):
    pcap = bench.path("questions.pcap")
    write_pcap(pcap, bench)
    device = f"net_pcap0,rx_pcap={pcap},infinite_rx=1"
    for _ in range(runs):
        with bench.server(["--port", device, "--address", f"{SERVER}/24", "--punt", "false",
                           "--core", SERVER_CORE]) as dataplane, \
                Testpmd(bench, "5tswap", device) as testpmd:
            channel = push.Channel(dataplane.socket)

            def replies():
                return channel.stats()['replies{transport="dpdk"}']
            pid = dataplane.process.pid
            before = replies(), processor_ns(pid)
            note_turns(bench, take_turns(bench, [(pid, replies),
                                                 (testpmd.process.pid, testpmd.received)]))
            bench.note("path_pcap_cpu", (processor_ns(pid) - before[1]) / (replies() - before[0]))
        if has("rbldnsd"):
            measure(bench, "path_pcap_rbldnsd", rbldnsd, True, *SEARCH)
    bench.tell([("path_pcap_ratio", "path_pcap_replies", "path_pcap_5tswap"),
                ("path_pcap_ratio_wide", "path_pcap_replies_wide", "path_pcap_5tswap_wide"),
                ("path_pcap_cpu_ratio_rbldnsd", "path_pcap_cpu", "path_pcap_rbldnsd_cpu")])


def path_memif(bench, runs):
    for _ in range(runs):
        path = bench.path("memif.sock")
        device = f"net_memif0,socket={path}"
        with bench.server(["--port", f"{device},role=server", "--address", f"{SERVER}/24",
                           "--punt", "false", "--core", SERVER_CORE]):
            bench.note("path_memif_replies",
                       bench.flood(None, f"{device},role=client", "--window",
                                   "1024")["answered_rate"])
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with Testpmd(bench, "macswap", f"{device},role=server"):
            bench.note("path_memif_macswap",
                       bench.flood(None, f"{device},role=client", "--window", "1024", "--echo",
                                   "--server-mac", "02:00:00:00:00:01")["answered_rate"])
    bench.tell([("path_memif_ratio", "path_memif_replies", "path_memif_macswap")])


# --- peers on kernel sockets, or with XDP ---

@contextlib.contextmanager
def rbldnsd(bench, namespace):
    with open(bench.path("rbldnsd.txt"), "w", encoding="ascii") as file:
        file.write(f"$SOA 3600 ns.{ZONE} host.{ZONE} 0 600 300 86400 300\n$NS 3600 ns.{ZONE}\n"
                   ":127.0.0.2:$ is listed\n")
        file.writelines(f"{address}\n" for address in bench.listed)
    with running(bench.log, *namespace.command(
            "taskset", "-c", SERVER_CORE, "rbldnsd", "-n", "-b", f"{SERVER}/53", "-w",
            bench.folder, "-u", "rbldns", f"{ZONE}:ip4set:rbldnsd.txt")) as process:
        yield process


def write_zone(bench):
    with open(bench.path("zone"), "w", encoding="ascii") as file:
        file.write(f"$TTL 300\n@ SOA ns.{ZONE}. host.{ZONE}. 1 600 300 86400 300\n"
                   f"@ NS ns.{ZONE}.\n")
        for address in bench.listed:
            reverse = ".".join(address.split(".")[::-1])
            file.write(f"{reverse} A 127.0.0.2\n{reverse} TXT \"{address} is listed\"\n")


@contextlib.contextmanager
def nsd(bench, namespace):
    write_zone(bench)
    with open(bench.path("nsd.conf"), "w", encoding="ascii") as file:
        file.write(f"server:\n ip-address: {SERVER}\n username: \"\"\n chroot: \"\"\n"
                   f" zonesdir: \"{bench.folder}\"\n pidfile: \"\"\n database: \"\"\n"
                   f" xfrdfile: \"{bench.path('xfrd')}\"\n zonelistfile: \"{bench.path('zl')}\"\n"
                   " server-count: 1\n rrl-ratelimit: 0\nremote-control:\n control-enable: no\n"
                   f"zone:\n name: {ZONE}\n zonefile: zone\n")
    with running(bench.log, *namespace.command("taskset", "-c", SERVER_CORE, "nsd", "-d", "-c",
                                               bench.path("nsd.conf"))) as process:
        yield process


@contextlib.contextmanager
def knot(bench, namespace):
    write_zone(bench)
    shutil.rmtree(bench.path("knot"), ignore_errors=True)
    os.makedirs(bench.path("knot"))
    with open(bench.path("knot.conf"), "w", encoding="ascii") as file:
        file.write(f"server:\n  rundir: {bench.path('knot')}\n  udp-workers: 1\n"
                   f"  tcp-workers: 1\nxdp:\n  listen: v0@53\n"
                   f"database:\n  storage: {bench.path('knot')}\n"
                   f"zone:\n  - domain: {ZONE}\n    file: {bench.path('zone')}\n")
    with running(bench.log, *namespace.command("taskset", "-c", SERVER_CORE, "knotd", "-c",
                                               bench.path("knot.conf"))) as process:
        yield process


@contextlib.contextmanager
def ours_xdp(bench, namespace):
    with bench.server(["--port", "net_af_xdp0,iface=v0", "--address", f"{SERVER}/24", "--punt",
                       "false", "--core", SERVER_CORE, "--idle", "backoff"],
                      namespace) as dataplane:
        yield dataplane.process


@contextlib.contextmanager
def ours_sockets(bench, namespace):
    with bench.server(["--listen", f"{SERVER}:53"], namespace,
                      ["taskset", "-c", SERVER_CORE]) as dataplane:
        yield dataplane.process


def silence(namespace, device):
    """Let the generator's kernel drop what the generator has got: on a veth the server would pay."""
    done = namespace.run("nft", "add table netdev bench; add chain netdev bench taken "
                         f"{{ type filter hook ingress device {device} priority 0; policy drop; }}")
    if done.returncode != 0:
        say(f"nft: {done.stdout.strip()}: the server pays for the generator's kernel")


def measure(bench, name, server, is_kernel, *words):
    """One server on a fresh veth, asked by the generator at the other end."""
    with netns.Namespace() as inside, netns.Namespace() as outside:
        netns.veth(inside, "v0", outside, "v1")
        outside.run("sysctl", "-qw", "net.ipv6.conf.v1.disable_ipv6=1")
        silence(outside, "v1")
        if is_kernel:
            inside.add_address("v0", f"{SERVER}/24")
        with server(bench, inside) as process:
            deadline = time.monotonic() + 120
            while True:  # until it answers
                figures = bench.flood(outside, "net_af_packet0,iface=v1", "--rate", "100", "--edns", "0",
                                      "--seconds", "0.2")
                if figures.get("right", 0) > 0 or time.monotonic() > deadline:
                    break
            figures = bench.flood(outside, "net_af_packet0,iface=v1", "--server-pid",
                                  str(process.pid), *words)
    bench.note(f"{name}_replies", figures["answered_rate"])
    bench.note(f"{name}_loss", figures["loss"])
    if "server_cpu" in figures:
        bench.note(f"{name}_cpu", figures["server_cpu"])


# Without OPT: rbldnsd knows none.
SEARCH = ["--edns", "0", "--search", "--loss", "0.01", "--trial", "0.5", "--rate-max", "2000000"]


def path_veth(bench, runs):
    peers = [("ours", ours_xdp, False), ("rbldnsd", rbldnsd, True), ("nsd", nsd, True),
             ("knot", knot, True)]
    peers = [p for p in peers if p[0] == "ours" or has(p[0] + ("d" if p[0] == "knot" else ""))]
    for _ in range(runs):
        for name, server, is_kernel in peers:
            measure(bench, f"path_veth_{name}", server, is_kernel, *SEARCH)
    bench.tell([(f"path_veth_ratio_{name}", "path_veth_ours_replies", f"path_veth_{name}_replies")
                for name, _, _ in peers[1:]] +
               [("path_veth_cpu_ratio_rbldnsd", "path_veth_ours_cpu", "path_veth_rbldnsd_cpu")])


def path_sockets(bench, runs):
    for _ in range(runs):
        measure(bench, "path_sockets_ours", ours_sockets, True, *SEARCH)
        if has("rbldnsd"):
            measure(bench, "path_sockets_rbldnsd", rbldnsd, True, *SEARCH)
    bench.tell([("path_sockets_cpu_ratio", "path_sockets_ours_cpu", "path_sockets_rbldnsd_cpu"),
                ("path_sockets_ratio", "path_sockets_ours_replies",
                 "path_sockets_rbldnsd_replies")])


def has(program):
    if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
        return True
    say(f"'{program}' is not installed: left out")
    return False


PATHS = {"pcap": path_pcap, "memif": path_memif, "veth": path_veth, "sockets": path_sockets}


def main():
    build, path = os.path.abspath(sys.argv[1]), sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1000000
    runs = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    if os.geteuid() != 0:
        raise SystemExit("whole_path.py: DPDK ports and namespaces need root")
    if path in ("pcap", "memif") and not has("dpdk-testpmd"):
        raise SystemExit(1)
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    with tempfile.TemporaryDirectory(prefix="reputed-bench-") as folder:
        bench = Bench(build, folder, count)
        try:
            PATHS[path](bench, runs)
        except BaseException:
            bench.tell_log()
            raise


if __name__ == "__main__":
    main()
