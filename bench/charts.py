#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Draw the charts of a result (results.py) as SVG with gnuplot: one for each question the README
answers. A chart whose figures are missing is told on stderr and left out.

usage: charts.py RESULT.json FOLDER
"""
import json
import os
import re
import subprocess
import sys

HEAD = """\
set terminal svg size 720,{height} font "sans-serif,13" background "white"
set output "{output}"
set title "{title}"
set border 3 lc rgb "#555555"
set tics nomirror textcolor rgb "#333333"
set grid {grid} lc rgb "#dddddd" lt 1
set style fill solid
"""
OURS, THEIRS, FLOOR = "#1f6feb", "#b0b7bf", "#6e7781"


class Result:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        self.machine = content["machine"]
        self.values = {}
        for figure in content["figures"]:
            self.values.setdefault(figure["name"], figure["value"])

    def sizes(self, pattern):
        """(size, value) of names that match, by size; the pattern has one group, the size."""
        found = ((re.fullmatch(pattern, name), value) for name, value in self.values.items())
        return sorted((int(match.group(1)), value) for match, value in found if match)

    def caption(self):
        m = self.machine
        return f"{m['processor']}, {m['processors']} processors, {m['commit']}"


def gnuplot(script):
    done = subprocess.run(["gnuplot"], input=script, text=True, stderr=subprocess.PIPE,
                          check=False)
    if done.returncode != 0:
        raise SystemExit(f"charts.py: gnuplot: {done.stderr}")


def quoted(text):
    return text.replace("\\", "\\\\").replace('"', "'").replace("_", "\\\\_")


def bars(result, output, title, unit, rows):
    """Horizontal bars, the value written beside each. rows: (label, value, colour), first on top"""
    rows = rows[::-1]
    script = HEAD.format(height=110 + 34 * len(rows), output=output, title=title, grid="xtics")
    script += f'set xlabel "{unit}\\n{{/*0.75 {quoted(result.caption())}}}"\n'
    script += f"set xrange [0:{1.2 * max(value for _, value, _ in rows)}]\n"
    script += f"set yrange [-0.6:{len(rows) - 0.4}]\nunset key\n"
    script += "set ytics (" + ", ".join(f'"{quoted(label)}" {at}'
                                        for at, (label, _, _) in enumerate(rows)) + ")\n"
    for at, (_, value, colour) in enumerate(rows):
        script += (f'set object rect from 0,{at - 0.35} to {value},{at + 0.35} '
                   f'fc rgb "{colour}" fs solid noborder\n'
                   f'set label " {value:{",.0f" if value >= 100 else ".3g"}}" at {value},{at} left\n')
    gnuplot(script + "plot NaN\n")


def lines(result, output, title, unit, series, size_label):
    """Curves over sizes, both axes logarithmic. series: (label, [(size, value)], colour)"""
    script = HEAD.format(height=420, output=output, title=title, grid="xtics ytics")
    script += f'set xlabel "{size_label}\\n{{/*0.75 {quoted(result.caption())}}}"\n'
    script += f'set ylabel "{unit}"\nset logscale xy\nset format x "10^{{%L}}"\nset key outside right center\n'
    script += "plot " + ", ".join(
        f"'-' with linespoints lw 2 pt 7 lc rgb \"{colour}\" title \"{quoted(label)}\""
        for label, _, colour in series) + "\n"
    for _, points, _ in series:
        script += "".join(f"{size} {value}\n" for size, value in points) + "e\n"
    gnuplot(script)


def named(result, rows):
    """(label, value, colour) of rows (label, name, colour) that were measured."""
    return [(label, result.values[name], colour) for label, name, colour in rows
            if name in result.values]


def throughput(result, output):
    rows = named(result, [
        ("reputed, AF_XDP", "path_veth_ours_replies", OURS),
        ("reputed, sockets", "path_sockets_ours_replies", OURS),
        ("Knot DNS, XDP", "path_veth_knot_replies", THEIRS),
        ("NSD", "path_veth_nsd_replies", THEIRS),
        ("rbldnsd", "path_veth_rbldnsd_replies", THEIRS)])
    if len(rows) < 2:
        return False
    bars(result, output, "Replies a second on the same veth, one core, at most 1 % lost", "1/s",
         rows)
    return True


def latency(result, output):
    rows = [(f"{label}, {share}", result.values[name], colour)
            for share in ("p50", "p99", "p999")
            for label, name, colour in (
                ("steady", f"swap_1000000_steady_burst_{share}", FLOOR),
                ("while 1 M entries are loaded", f"swap_1000000_reload_burst_{share}", OURS))
            if name in result.values]
    if not rows:
        return False
    bars(result, output, "A burst of 32 look-ups, with and without a full load beside it", "ticks",
         rows)
    return True


def tails(result, output):
    rows = named(result, [
        (f"{label}, {share}", f"tails_{phase}_{name}", colour)
        for share, name in (("p50", "p50"), ("p99", "p99"), ("p99.9", "p999"))
        for label, phase, colour in (
            ("nothing else", "steady", FLOOR), ("100,000 updates/s", "updates", OURS),
            ("full loads", "reload", OURS), ("a stranger as busy as those", "busy_reload", THEIRS))])
    if not rows:
        return False
    bars(result, output, "From when a query was due to its answer, server on one core",
         "microseconds", rows)
    return True


def memory(result, output):
    def smallest(pattern):
        found = result.sizes(pattern)
        return found[-1][1] if found else None
    rows = [(label, value, colour) for label, value, colour in (
        ("reputed, random IPv4", smallest(r"table4_random_(\d+)_memory"), OURS),
        ("reputed, like real lists", smallest(r"table4_clustered_(\d+)_memory"), OURS),
        ("reputed, IPv6 /64", result.values.get("table6_memory"), OURS),
        ("rbldnsd ip4set, random IPv4", per_entry(result), THEIRS)) if value]
    if len(rows) < 2:
        return False
    bars(result, output, "Memory of an entry in the data plane", "bytes", rows)
    return True


def per_entry(result):
    found = result.sizes(r"load_memory_rbldnsd_(\d+)M")  # per entry already
    return found[-1][1] if found else None


def cost(result, output):
    series = [(label, result.sizes(pattern), colour) for label, pattern, colour in (
        ("reputed, bursts of 32, half listed", r"table4_random_(\d+)_burst_hit50", OURS),
        ("rte_hash, bulk", r"peer_rte_hash_(\d+)_lookup_bulk", "#d29922"),
        ("cds_lfht", r"peer_cds_lfht_(\d+)_lookup", "#8957e5"),
        ("sorted array", r"peer_sorted_array_(\d+)_lookup", THEIRS),
        ("one random cache line", r"table4_random_(\d+)_floor", FLOOR))]
    series = [(label, points, colour) for label, points, colour in series if points]
    if not series:
        return False
    lines(result, output, "A look-up of an IPv4 address", "nanoseconds", series, "entries")
    return True


CHARTS = {"throughput": throughput, "latency": latency, "tails": tails, "memory": memory, "cost": cost}


def main(path, folder):
    result = Result(path)
    os.makedirs(folder, exist_ok=True)
    for name, draw in CHARTS.items():
        if not draw(result, os.path.join(folder, name + ".svg")):
            print(f"charts.py: '{name}' is left out: its figures are not in '{path}'",
                  file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
