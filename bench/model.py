#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Queries a second on network cards that are not there, from what was measured without one and from
what fits on the wire. The assumptions are told in README.md. Prints JSON lines.

usage: model.py [RESULT.json [DRIVER_TICKS]]         default: results/latest.json beside this, 68
"""
import json
import math
import os
import sys

import bench_load

HERE = os.path.dirname(os.path.abspath(__file__))
DRIVER_TICKS = 68  # a card's rx, tx and a swap of MACs: testpmd's macswap in DPDK's own reports
PORTS = (10, 25, 100)  # Gbit/s
CORES = (1, 2, 4, 8, 16)
HIT = 0.5  # of queries are of something listed

ETHERNET, IP4, UDP = 14 + 4 + 20, 20, 8  # with checksum, preamble and gap
DNS, QUESTION, OPT, RECORD_A = 12, 4, 11, 16
ZONE = 12  # bl.example on the wire
# owner, type, class, TTL, size; ns. and hostmaster. with pointers to the apex; five numbers
RECORD_SOA = 12 + 5 + 13 + 20
# four labels of a random address, each with its length: 10 + 90 + 156 octets of 1, 2 and 3 digits
REVERSED = 4 * (1 + (10 * 1 + 90 * 2 + 156 * 3) / 256)

NEEDED = ("answer_ticks_rate", "path_pcap_replies", "path_pcap_5tswap")


def read(path):
    """Figures by name; of one that was told twice, the first."""
    try:
        with open(path, encoding="utf-8") as file:
            figures = json.load(file)["figures"]
    except OSError as error:
        raise SystemExit(f"model.py: {error}: 'make bench' writes one") from None
    values = {}
    for figure in figures:
        values.setdefault(figure["name"], figure["value"])
    missing = [name for name in NEEDED if name not in values]
    if missing:
        raise SystemExit(f"model.py: '{path}' has no {', '.join(missing)}: run 'make bench'")
    return values


def wire_sizes():
    """Bytes that a query and its answer take on the wire."""
    query = ETHERNET + IP4 + UDP + DNS + REVERSED + ZONE + QUESTION + OPT
    return query, query + HIT * RECORD_A + (1 - HIT) * RECORD_SOA


def ticks(values, driver):
    """Of a query on one core."""
    rate = values["answer_ticks_rate"]
    added = rate / values["path_pcap_replies"] - rate / values["path_pcap_5tswap"]
    floors = [value for name, value in values.items()
              if name.startswith("answer_floor_") and not name.endswith("_p10")]
    return added + driver + max(floors, default=0)


def busiest(values, cores):
    """What the busiest core gets, to an even share."""
    return 1 if cores == 1 else values.get(f"rss_resolvers_{cores}_busiest", 1)


def main(path, driver):
    values = read(path)
    query, answer = wire_sizes()
    per_query = ticks(values, driver)
    core = values["answer_ticks_rate"] / per_query
    bench_load.tell("model_query_size", query, "B", 1)
    bench_load.tell("model_answer_size", answer, "B", 1)
    bench_load.tell("model_ticks", per_query, "ticks/query", 1)
    bench_load.tell("model_core", core, "1/s", 1)
    for port in PORTS:
        wire = port * 1e9 / 8 / answer
        bench_load.tell(f"model_{port}g_wire", wire, "1/s", 1)
        for cores in CORES:
            bench_load.tell(f"model_{port}g_cores_{cores}",
                            min(wire, core * cores / busiest(values, cores)), "1/s", 1)
        bench_load.tell(f"model_{port}g_cores_needed", math.ceil(wire / core), "cores", 1)
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "results", "latest.json"),
                  float(sys.argv[2]) if len(sys.argv) > 2 else DRIVER_TICKS))
