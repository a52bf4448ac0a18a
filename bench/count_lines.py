#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""How many cache lines an answer fetches that are not near, by kind of question, in a cache that valgrind imitates: 256 KiB
beside a table four times as large. The same on every machine and however busy it is. Prints JSON lines.

usage: count_lines.py BUILD_DIRECTORY [KIND...]         default: edns edns_ip6 edns_name
"""
import os
import re
import subprocess
import sys
import tempfile

import bench_load

ENTRIES = 200000
CACHES = ["--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", "--LL=262144,8,64"]
MISSES = ("DLmr", "DLmw")  # reads and writes of data beyond the last cache


def count(program, kind):
    """(lines, queries)"""
    with tempfile.TemporaryDirectory(prefix="reputed-bench-") as folder:
        out = os.path.join(folder, "out")
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *CACHES,
                               "--toggle-collect=answer_burst", program, kind, str(ENTRIES)],
                              check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with open(out, encoding="utf-8", errors="replace") as file:
            text = file.read()
    names = re.search(r"^events: (.*)$", text, re.MULTILINE)[1].split()
    values = re.search(r"^(?:summary|totals): (.*)$", text, re.MULTILINE)[1].split()
    found = dict(zip(names, map(int, values)))
    return sum(found[name] for name in MISSES), int(done.stdout)


def main(build, kinds):
    for kind in kinds:
        lines, queries = count(os.path.join(build, "bench", "count_answer"), kind)
        bench_load.tell(f"lines_{kind}", lines / queries, "lines/query", queries)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:] or ["edns", "edns_ip6", "edns_name"])
