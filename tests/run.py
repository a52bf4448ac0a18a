#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Build a build directory, run its tests, and end in one countable line.

usage: tests/run.py BUILD_DIRECTORY [meson test arguments]

Every TAP line of a test program counts as a test. Skipped tests are listed with their reason.
"""
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def why_skipped(case):
    """The reason behind "# SKIP" in what the test printed."""
    said = case.find("skipped").get("message") or case.findtext("system-out") or ""
    return said.partition("SKIP")[2].strip() or said.strip() or "no reason given"


def count(path):
    """Return (passed, failed, skipped, lines to print) of a JUnit file."""
    passed = failed = skipped = 0
    notes = []
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            name = f"{suite.get('name')}: {case.get('name')}"
            bad = case.find("failure") if case.find("failure") is not None else case.find("error")
            if bad is not None:
                failed += 1
                notes.append(f"FAILED  {name}")
            elif case.find("skipped") is not None:
                skipped += 1
                notes.append(f"skipped {name}: {why_skipped(case)}")
            else:
                passed += 1
    return passed, failed, skipped, notes


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
    passed, failed, skipped, notes = count(junit)
    if status and not failed:
        failed = 1
        notes.append(f"FAILED  meson test ended with status {status}")
    print("\n".join(notes))
    print(f"{passed} passed, {failed} failed, {skipped} skipped" if skipped
          else f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
