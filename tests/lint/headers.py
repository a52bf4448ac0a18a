#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Check what every source file starts with, and that no function has grown past reading.

usage: headers.py FILE...
"""
import re
import sys

FUNCTION_LINES_MAX = 100
SPDX = "/* SPDX-License-Identifier: BSD-3-Clause */"


def complaints(path):
    with open(path, encoding="utf-8") as source:
        lines = source.read().split("\n")
    if lines[0] != SPDX:
        yield f"{path}:1: the first line is not '{SPDX}'"
    if path.endswith(".h") and lines[1] != "#pragma once":
        yield f"{path}:2: no '#pragma once'"
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            if number - start - 1 > FUNCTION_LINES_MAX:
                yield f"{path}:{start}: a function of {number - start - 1} lines"
            start = None
        if re.search(r"/work/|/root/", line):
            yield f"{path}:{number}: a path of somebody's machine"


def main():
    found = [text for path in sys.argv[1:] for text in complaints(path)]
    print("\n".join(found) if found else "headers: ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
