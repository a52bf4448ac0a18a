#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Vamsoft ORF cannot run here: its DNS blacklists, emulated. The table is that of its page, the
queries plain A queries without EDNS, and TXT for its log."""
import csv

import lab
from test_exchange import lookup

ORF = [
    ("reputed", lab.RANGE, "hijacked network: 192.0.2.77 is in a hijacked network"),
    ("reputed", lab.SINGLE, "sent spam to traps: 198.51.100.7 sent spam to traps"),
    ("reputed", "127.0.0.2", "test entry"),
    ("reputed", lab.DYNAMIC, None),
    ("reputed", lab.CLEAN, None),
    ("reputed domains", "bad.example", "spam domain: bad.example is a spam domain"),
    ("reputed domains", "fine.example", None),
]


def orf_verdict(rows, name, subject):
    """'comment: text' of the first result in the table of a list, or None."""
    rows = [row for row in rows if row["list"] == name]
    query = lab.reverse(subject) if rows[0]["reverse"] == "yes" else subject
    query += "." + rows[0]["lookup domain"]
    results = lookup(query)
    comments = [row["comment"] for row in rows if row["result"] in results]
    if not comments:
        return None
    return ": ".join([comments[0], *lookup(query, "TXT")])


def test(box, checks):
    box.serve()
    rows = list(csv.DictReader(box.block("orf.csv").splitlines()))
    for name, subject, expected in ORF:
        found = orf_verdict(rows, name, subject)
        is_right = found is None if expected is None else str(found).startswith(expected)
        checks.is_true(is_right, f"ORF's '{name}' on {subject}: {found}")


if __name__ == "__main__":
    lab.main("orf", [], test)
