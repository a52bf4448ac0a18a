#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Keep what benchmarks print: pass JSON lines on, and write them with the machine's facts to a file.

usage: bench/run.sh BUILD | bench/results.py FILE
"""
import datetime
import json
import os
import re
import subprocess
import sys


def output(*words):
    """Of a program, '' when it cannot be run."""
    try:
        return subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=False).stdout.strip()
    except OSError:
        return ""


def found(path, pattern):
    with open(path, encoding="utf-8") as file:
        match = re.search(pattern, file.read(), re.M)
    return match.group(1).strip() if match else ""


def machine():
    """What one has to know of a machine to read figures of it; nothing that names it."""
    return {
        "processor": found("/proc/cpuinfo", r"^(?:model name|CPU part)\s*:(.*)$"),
        "processors": os.cpu_count(),
        "memory_kb": int(found("/proc/meminfo", r"^MemTotal:\s*(\d+)")),
        "hugepages": int(found("/proc/meminfo", r"^HugePages_Total:\s*(\d+)")),
        "kernel": os.uname().release.partition("-")[0],
        "compiler": output("gcc", "-dumpfullversion"),
        "dpdk": output("pkg-config", "--modversion", "libdpdk"),
        "load": os.getloadavg()[0],
        "commit": output("git", "describe", "--always", "--dirty"),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def main(path):
    facts = machine()
    figures = []
    for line in sys.stdin:
        sys.stdout.write(line)
        sys.stdout.flush()
        try:
            figures.append(json.loads(line))
        except json.JSONDecodeError:
            print(f"results.py: not a JSON line: {line.strip()}", file=sys.stderr)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as file:
        rows = ",\n".join("  " + json.dumps(figure) for figure in figures)
        file.write(f'{{"machine": {json.dumps(facts)},\n "figures": [\n{rows}\n]}}\n')
    os.rename(path + ".new", path)
    return 0 if figures else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
