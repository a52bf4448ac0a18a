#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What an answer costs beside what there is to compare it with, turn by turn in one run: DPDK's
testpmd, which swaps the headers of packets and does nothing else (5tswap over net_ring), and
rbldnsd with the same addresses and questions, without its kernel (rbldnsd_ticks.c). Prints JSON
lines, see README.md. Nothing but the loopback and a temporary folder is touched.

usage: bench_answer.py BUILD_DIRECTORY [ENTRIES [RUNS [MORE_ENTRIES]]]       default: 1000000 3
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import bench_load

KINDS = ["edns", "edns_both", "edns_ip6", "edns_name"]
SECONDS = 1  # of testpmd, and how often a turn: what it tells is a mean of all that happens meanwhile
TRIES = 3
TESTPMD = ["dpdk-testpmd", "--no-huge", "-m", "128", "--no-pci", "--no-shconf", "--no-telemetry",
           "-l", "0,1", "--vdev=net_ring0", "--", "-i", "--record-core-cycles", "--burst=32",
           "--txpkts=105", "--total-num-mbufs=2048"]


def answer(figures, build, entries, kinds):
    program = os.path.join(build, "bench", "bench_answer")
    run = subprocess.run([program, str(entries), *kinds], check=True, stdout=subprocess.PIPE)
    for line in run.stdout.decode().splitlines():
        row = json.loads(line)
        figures.setdefault((row["name"], row["unit"]), []).append(row["value"])


def swap(figures):
    """Packets of the size of a query, four bursts that go round."""
    with subprocess.Popen(TESTPMD, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as testpmd:
        testpmd.stdin.write(b"set fwd 5tswap\nstart tx_first 4\n")
        testpmd.stdin.flush()
        try:
            testpmd.wait(SECONDS)
        except subprocess.TimeoutExpired:
            pass
        said = testpmd.communicate(b"stop\nquit\n")[0].decode(errors="replace")
    found = re.search(r"CPU cycles/packet=([0-9.]+)", said)
    if not found:
        sys.exit("bench_answer.py: dpdk-testpmd said: " + said[-500:])
    figures.setdefault(("answer_5tswap", "ticks/packet"), []).append(float(found[1]))


def rbldnsd(figures, program, build, entries, folder):
    listed, told = os.path.join(folder, "listed"), os.path.join(folder, "told")
    if not os.path.exists(listed):
        with open(listed, "wb") as file:
            file.write(b"$SOA 60 ns.bl.example me.bl.example 1 600 60 3600 60\n:127.0.0.2:listed\n")
            file.flush()
            subprocess.run([os.path.join(build, "bench", "bench_answer"), "--list", str(entries)],
                           check=True, stdout=file)
    environment = {**os.environ, "REPUTED_TICKS_ENTRIES": str(entries), "REPUTED_TICKS_FILE": told,
                   "LD_PRELOAD": os.path.abspath(os.path.join(build, "bench",
                                                              "librbldnsd_ticks.so"))}
    with open(told, "wb"):
        os.chmod(told, 0o666)  # rbldnsd drops its rights
    with open(os.path.join(folder, "log"), "wb") as log:
        subprocess.run([program, "-n", "-b",
                        f"127.0.0.1/{bench_load.free_port()}", f"bl.example:ip4set:{listed}"],
                       check=True, env=environment, stdout=log, stderr=log)
    with open(told, encoding="ascii") as file:
        row = json.loads(file.read())
    figures.setdefault((row["name"], row["unit"]), []).append(row["value"])


def tell(figures, name, above, below):
    """A ratio of medians, when both are there."""
    medians = {name: statistics.median(values) for (name, _), values in figures.items()}
    if above in medians and below in medians:
        bench_load.tell(name, medians[above] / medians[below], "x", 1)


def main(build, entries=1000000, runs=3, more=0):
    figures = {}
    program = shutil.which("rbldnsd", path=os.environ.get("PATH", "") + ":/usr/sbin")
    has_testpmd = shutil.which(TESTPMD[0]) and len(os.sched_getaffinity(0)) > 1
    if not program:
        sys.stderr.write("bench_answer.py: rbldnsd is not installed: not compared with it\n")
    if not has_testpmd:
        sys.stderr.write("bench_answer.py: no dpdk-testpmd, or one core: not compared with it\n")
    with tempfile.TemporaryDirectory(prefix="reputed-bench-") as folder:
        os.chmod(folder, 0o755)
        for _ in range(runs):
            answer(figures, build, entries, KINDS)
            for _ in range(TRIES if has_testpmd else 0):
                swap(figures)
            if more:
                answer(figures, build, more, KINDS[:1])
            if program:
                rbldnsd(figures, program, build, entries, folder)
    # the least, which is hardest on us
    for values in [values for (name, _), values in figures.items() if name == "answer_5tswap"]:
        values[:] = [min(values)]
    for (name, unit), values in figures.items():
        bench_load.tell(name, statistics.median(values), unit, len(values))
    edns = f"answer_edns_{entries}"
    tell(figures, f"answer_ratio_5tswap_{entries}", edns, "answer_5tswap")
    tell(figures, f"answer_ratio_floor_{entries}", edns, f"answer_floor_{entries}")
    tell(figures, f"answer_ratio_rbldnsd_{entries}", f"answer_rbldnsd_{entries}", edns)
    tell(figures, f"answer_ratio_{more}_to_{entries}", f"answer_edns_{more}", edns)


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 5 or not all(word.isdigit() for word in sys.argv[2:]):
        sys.exit(__doc__)
    main(sys.argv[1], *map(int, sys.argv[2:]))
