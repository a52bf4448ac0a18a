#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What tests/run.py says of runs that end in every way, and its exit status. Prints TAP."""
import os
import subprocess
import sys
import tempfile

RUN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "run.py")

# suite, which is also the name of its one test program, and what that prints
PROGRAMS = {
    "passes": "1..1\\nok 1 - one",
    "fails": "1..2\\nok 1 - one\\nnot ok 2 - two",
    "skips": "1..0 # SKIP no card",
    "skips-a-part": "1..2\\nok 1 - one\\nok 2 - two # SKIP no disk",
    "skips-each": "1..1\\nok 1 - one # SKIP no disk",
    "skips-silently": "1..1\\nok 1 - one # SKIP",
    "breaks-off": "1..2",
    "is-silent": "",
}

# suites, the last line, the exit status, a line that must be there, why
CASES = [
    (["passes"], "1 passed, 0 failed", 0, "", "all is well"),
    (["fails"], "1 passed, 1 failed", 1, "FAILED  sample.sample:fails / fails: 2 - two",
     "a failure is named"),
    (["skips"], "0 passed, 0 failed, 1 skipped", 0, "skipped sample: sample:skips / skips: no card",
     "all is skipped, and says why"),
    (["skips-each"], "0 passed, 0 failed, 1 skipped", 0,
     "skipped sample.sample:skips-each / skips-each: 1 - one: no disk", "line by line too"),
    (["skips-silently"], "0 passed, 0 failed, 1 skipped", 1, "", "nobody knows why all is skipped"),
    (["passes", "skips-silently"], "1 passed, 0 failed, 1 skipped", 0, "", "but a part may be"),
    (["skips-a-part"], "1 passed, 0 failed, 1 skipped", 0, "", "a part that says why"),
    (["skips", "fails"], "1 passed, 1 failed, 1 skipped", 1, "", "a skip hides no failure"),
    (["breaks-off"], "0 passed, 1 failed", 1, "FAILED  sample: sample:breaks-off / breaks-off",
     "a plan without results is no skip, whatever meson says"),
    (["is-silent"], "0 passed, 1 failed", 1, "", "nor is silence"),
    (["no-such-suite"], "0 passed, 1 failed", 1, "FAILED  no tests were run",
     "no tests at all are an error"),
]


def set_up(root):
    """A build directory of a project with all the programs."""
    with open(os.path.join(root, "meson.build"), "w", encoding="utf-8") as out:
        out.write("project('sample')\n")
        for name, text in PROGRAMS.items():
            out.write(f"test('{name}', find_program('printf'), args: ['%b', '{text}'], "
                      f"suite: '{name}', protocol: 'tap')\n")
    build = os.path.join(root, "build")
    subprocess.run(["meson", "setup", build, root], check=True, stdout=subprocess.DEVNULL)
    return build


def main():
    failed = 0
    print(f"1..{len(CASES)}")
    with tempfile.TemporaryDirectory() as root:
        build = set_up(root)
        for number, (suites, last, status, line, reason) in enumerate(CASES, 1):
            done = subprocess.run([RUN, build, *(f"--suite={suite}" for suite in suites)],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            lines = done.stdout.splitlines()
            is_ok = done.returncode == status and lines[-1] == last and (not line or line in lines)
            failed += not is_ok
            print(f"{'ok' if is_ok else 'not ok'} {number} {' and '.join(suites)}: {reason}")
            if not is_ok:
                print("\n".join(f"# {text}" for text in [*lines, f"exit {done.returncode}"]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
