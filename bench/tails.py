#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""How long the slowest answers take: alone, at half load, with updates and during a full reload,
and beside a busy program that has nothing to do with us. Prints JSON lines, see README.md.

usage: tails.py BUILD_DIRECTORY [ENTRIES [RUNS [SECONDS [RATE]]]]     default: 1000000 3 5 2000

Two processes over memif: reputed-flood on one processor, sending at a low rate whatever comes back,
and the data plane with all its threads, and its writer, on the other. Its worker and the generator
sleep when there is nothing to do (--idle), and run before all else when there is (SCHED_FIFO, where
that may be set), as they do on processors of their own.
"""
import concurrent.futures
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time

import bench_load
import whole_path
import netns

DEFAULTS = [1e6, 3, 5, 2000]  # see above
UPDATES = 100000  # a second
PHASES = ("half", "updates", "busy_updates", "reload", "busy_reload")
PERCENTILES = ("p50", "p99", "p999", "max")
WORKER = "rte-worker-1"


class Feed:
    """bench_feed: told what to do, and asked what that cost."""

    def __init__(self, bench, *words):
        self.process = subprocess.Popen(
            ["taskset", "-c", whole_path.SERVER_CORE,
             os.path.join(bench.build, "bench", "bench_feed"), *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=bench.log, text=True,
            preexec_fn=netns.die_with_parent)

    def do(self, order):
        """Seconds that it took, and how much of them on the processor."""
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline().split()
        if len(said) != 2:
            raise SystemExit("tails.py: bench_feed ended")
        return float(said[0]), float(said[1])

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)


def threads_of(pid):
    """Name and processor time in seconds of each thread."""
    found = {}
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/stat", encoding="ascii") as file:
            name, _, rest = file.read().rpartition(")")
        times = rest.split()
        ticks = int(times[11]) + int(times[12])
        found[int(tid)] = (name.partition("(")[2], ticks / os.sysconf("SC_CLK_TCK"))
    return found


def cpu_without_worker(pid):
    return sum(seconds for name, seconds in threads_of(pid).values() if name != WORKER)


def preferred():
    """Words before a program that runs whenever it wants to."""
    words = ["chrt", "-f", "1"]
    return words if subprocess.run([*words, "true"], check=False).returncode == 0 else []


def prefer_worker(pid, is_preferred):
    """Whether the worker runs whenever it wants to, before what shares the processor with it."""
    tid = next(tid for tid, (name, _) in threads_of(pid).items() if name == WORKER)
    policy = os.SCHED_FIFO if is_preferred else os.SCHED_OTHER
    try:
        os.sched_setscheduler(tid, policy, os.sched_param(1 if is_preferred else 0))
    except PermissionError:
        whole_path.say("no right to SCHED_FIFO: what else runs there delays the worker too")


class Tails:
    """A data plane with a writer, and what was measured of it by phase."""

    def __init__(self, bench, feed, dataplane, seconds):
        self.bench, self.feed, self.dataplane, self.seconds = bench, feed, dataplane, seconds
        self.prefer(True)
        self.figures = {}

    def prefer(self, is_preferred):
        self.prefix = preferred() if is_preferred else []
        prefer_worker(self.dataplane.process.pid, is_preferred)

    def flood(self, *words):
        return self.bench.flood(None, device(self.bench, "client"), "--partial", "--questions",
                                "100000", "--patience", "1", "--seconds", str(self.seconds),
                                "--idle", *words, prefix=self.prefix)

    def note(self, phase, figures):
        for name in PERCENTILES:
            self.figures.setdefault((phase, name), []).append(figures[f"latency_{name}"])
        sent = figures["sent_rate"] * self.seconds
        self.figures.setdefault((phase, "lost"), []).append(round(sent * figures["loss"] / 100))

    def measure(self, phase, rate, feed=None, order=None):
        """At a rate, while a feed obeys an order again and again; the share of time that it took."""
        pid = self.dataplane.process.pid
        begun, before, spent = time.monotonic(), cpu_without_worker(pid), 0.0
        with concurrent.futures.ThreadPoolExecutor() as pool:
            run = pool.submit(self.flood, "--rate", str(rate))
            while order and not run.done():
                spent += feed.do(order)[1]
            self.note(phase, run.result())
        return (spent + cpu_without_worker(pid) - before) / (time.monotonic() - begun)

    def tell(self):
        for (phase, name), values in self.figures.items():
            unit = "queries" if name == "lost" else "us"
            value = sum(values) if name == "lost" else statistics.median(values)
            bench_load.tell(f"tails_{phase}_{name}", value, unit, len(values))
        steady = self.figures["steady", "p999"]
        for phase in PHASES:
            ratios = [a / b for a, b in zip(self.figures[phase, "p999"], steady)]
            bench_load.tell(f"tails_{phase}_ratio", statistics.median(ratios), "x", len(ratios))
        for phase in ("updates", "reload"):
            pairs = zip(self.figures[phase, "p999"], self.figures[f"busy_{phase}", "p999"])
            bench_load.tell(f"tails_{phase}_ratio_busy", statistics.median(a / b for a, b in pairs),
                            "x", len(steady))


def device(bench, role):
    return f"net_memif0,socket={bench.path('memif.sock')},role={role}"


@contextlib.contextmanager
def data_plane(bench):
    arguments = ["--port", device(bench, "server"), "--address", f"{whole_path.SERVER}/24",
                 "--punt", "false", "--core", whole_path.SERVER_CORE, "--idle", "backoff"]
    prefix = ["taskset", "-c", whole_path.SERVER_CORE]
    with netns.Dataplane(bench.build, arguments, None, prefix) as dataplane:
        yield dataplane


def run_all(bench, entries, runs, seconds, rate):
    with data_plane(bench) as dataplane:
        feed = Feed(bench, dataplane.socket, str(entries), bench.path("listed.txt"))
        busy = Feed(bench, "busy")
        feed.do("load")
        tails = Tails(bench, feed, dataplane, seconds)
        tails.prefer(False)  # who never sleeps has to make room now and then, which takes 50 ms
        most = tails.flood("--search", "--loss", "0.001", "--trial", "0.3")["highest_rate"]
        bench_load.tell("tails_highest_rate", most, "1/s", 1)
        duties = []
        for _ in range(runs):
            tails.prefer(False)
            tails.measure("half", most / 2)
            tails.prefer(True)
            tails.measure("steady", rate)
            duties.append(tails.measure("updates", rate, feed, f"updates {UPDATES} 0.5"))
            tails.measure("busy_updates", rate, busy, f"busy {duties[-1]:.3f} 0.5")
            tails.measure("reload", rate, feed, "load")
            tails.measure("busy_reload", rate, busy, "busy 1 0.5")
        bench_load.tell("tails_updates_duty", statistics.median(duties), "share", runs)
        tails.tell()
        busy.close()
        feed.close()


def main():
    numbers = [float(word) for word in sys.argv[2:]] + DEFAULTS[len(sys.argv) - 2:]
    if os.geteuid() != 0:
        raise SystemExit("tails.py: DPDK ports need root")
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    with tempfile.TemporaryDirectory(prefix="reputed-bench-") as folder:
        bench = whole_path.Bench(os.path.abspath(sys.argv[1]), folder, 0)
        try:
            run_all(bench, int(numbers[0]), int(numbers[1]), numbers[2], int(numbers[3]))
        except BaseException:
            bench.tell_log()
            raise


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 6:
        sys.exit(__doc__)
    main()
