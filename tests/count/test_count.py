#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""How many instructions an answer takes, by kind of question: not more than was noted, give or take
a few percent. It is the same on every machine and however busy it is, unlike a time. Counted by
callgrind within answer_burst() of bench/count_answer.c, or within what it does to frames.

usage: test_count.py COUNT_ANSWER COMPILER          print TAP
       test_count.py COUNT_ANSWER COMPILER --update note what it is now, in answer.json beside this

COMPILER: what the program was built with; counts of another one are not comparable
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

NOTED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "answer.json")
RISE_MAX = 0.03


def count(program, kind):
    """Instructions per query."""
    within = ["frame_parse", "frame_reply"] if kind.startswith("frame_") else ["answer_burst"]
    with tempfile.TemporaryDirectory(prefix="reputed-count-") as folder:
        out = os.path.join(folder, "out")
        run = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
                              *("--toggle-collect=" + name for name in within), program, kind],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if run.returncode:
            sys.exit(f"Bail out! {kind}: {run.stderr.decode(errors='replace')[-500:]}")
        with open(out, encoding="utf-8", errors="replace") as file:
            total = re.search(r"^(?:summary|totals): (\d+)", file.read(), re.MULTILINE)
    return int(total[1]) / int(run.stdout)


def main(program, compiler, is_update=False):
    if not shutil.which("valgrind"):
        sys.exit("valgrind is not installed" if is_update else
                 print("1..0 # SKIP valgrind is not installed"))
    kinds = subprocess.run([program], check=True, stdout=subprocess.PIPE).stdout.decode().split()
    if is_update:
        noted = {"compiler": compiler, "instructions": {kind: round(count(program, kind))
                                                        for kind in kinds}}
        with open(NOTED, "w", encoding="ascii") as file:
            json.dump(noted, file, indent=1)
            file.write("\n")
        return 0
    with open(NOTED, encoding="ascii") as file:
        noted = json.load(file)
    if noted["compiler"] != compiler:
        print(f"1..0 # SKIP noted for {noted['compiler']}, this is {compiler}")
        return 0
    print(f"1..{len(kinds)}")
    failed = 0
    for number, kind in enumerate(kinds, 1):
        now, before = count(program, kind), noted["instructions"].get(kind, 0)
        is_good = now <= before * (1 + RISE_MAX)
        failed += not is_good
        print(f"{'ok' if is_good else 'not ok'} {number} - {kind}: {now:.0f} instructions, "
              f"{before} noted", flush=True)
    if failed:
        print("# if it is worth it: tests/count/update.sh BUILD_DIRECTORY, and say why")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[3:] not in ([], ["--update"]):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:3], is_update=len(sys.argv) == 4))
