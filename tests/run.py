#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Build a build directory, run its tests, and end in one countable line.

usage: tests/run.py BUILD_DIRECTORY [meson test arguments]

Every TAP line of a test program counts as a test. Skipped tests are listed with their reason; if
all are skipped and each says why, that is no failure. No tests at all are one.
"""
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def judge(case):
    """Return ("passed", "failed" or "skipped", the reason of a skip)."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed", ""
    if case.find("skipped") is None:
        return "passed", ""
    said = (case.find("skipped").get("message") or case.findtext("system-out") or "").strip()
    if "time" not in case.attrib:  # a line of TAP: what is behind its "# SKIP"
        return "skipped", said
    if "SKIP" not in said:  # a program that ended without a line, which meson takes for a skip
        return "failed", ""
    return "skipped", said.partition("SKIP")[2].strip()


def count(path):
    """Return (passed, failed, skipped, skips without a reason, lines to print) of a JUnit file."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    notes = []
    unexplained = 0
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            name = f"{suite.get('name')}: {case.get('name')}"
            judgement, reason = judge(case)
            counts[judgement] += 1
            if judgement == "failed":
                notes.append(f"FAILED  {name}")
            elif judgement == "skipped":
                unexplained += not reason
                notes.append(f"skipped {name}: {reason or 'no reason given'}")
    return *counts.values(), unexplained, notes


def main(build, arguments):
    os.chdir(ROOT)
    if not os.path.exists(os.path.join(build, "build.ninja")):
        subprocess.run(["meson", "setup", build], check=True)
    subprocess.run(["ninja", "-C", build], check=True)
    junit = os.path.join(build, "meson-logs", "testlog.junit.xml")
    if os.path.exists(junit):
        os.unlink(junit)
    # The limits are for what hangs: a loaded machine or a sanitizer is no failure.
    status = subprocess.run(["meson", "test", "-C", build, "--no-rebuild", "--print-errorlogs",
                             "--timeout-multiplier", "4", *arguments]).returncode
    if not os.path.exists(junit):
        print("FAILED  no tests were run\n0 passed, 1 failed")
        return 1
    passed, failed, skipped, unexplained, notes = count(junit)
    if status and not failed:
        failed = 1
        notes.append(f"FAILED  meson test ended with status {status}")
    print("\n".join(notes))
    print(f"{passed} passed, {failed} failed, {skipped} skipped" if skipped
          else f"{passed} passed, {failed} failed")
    return 1 if failed or not passed and (unexplained or not skipped) else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
