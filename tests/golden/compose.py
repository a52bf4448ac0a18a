#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Write the golden cases of the answer core, composed from the RFCs and independent of the C code.

usage: compose.py            writes cases/*.case beside this file

Each case says what is asked, what must be answered and why. The files it writes are what the test
reads; after a change here, read their diff. The data set behind the answers is in dataset.c, and
its zones in zones.py; wire.py, cookie.py and case.py compose messages, *_cases.py the cases.
"""
import os

import address_cases
import cookie_cases
import edns_cases
import error_cases
import limit_cases
import name_cases
import view_cases
from case import Case


def main():
    for group in (address_cases, name_cases, edns_cases, cookie_cases, error_cases, view_cases,
                  limit_cases):
        for write in group.ALL:
            write()
    where = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")
    os.makedirs(where, exist_ok=True)
    for name, cases in Case.files.items():
        with open(os.path.join(where, name + ".case"), "w", encoding="utf-8") as out:
            out.write("\n".join(cases))
    print(sum(map(len, Case.files.values())), "cases")


if __name__ == "__main__":
    main()
