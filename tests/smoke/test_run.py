#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a newcomer does: packaging/run.sh, then the dig lines it prints, pasted. Prints TAP.

usage: test_run.py BUILD_DIRECTORY

Runs in a network namespace of its own, as root with a DPDK port, and again without root on sockets.
"""
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
START_S = 60
PASTE = re.compile(r"^  (dig .*)\n    (.*)$", re.M)


class Namespace:
    """A network namespace with loopback up, gone when the test is."""

    def __init__(self):
        self.name = f"reputed-run-{os.getpid()}"

    def __enter__(self):
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        subprocess.run(["ip", "-n", self.name, "link", "set", "lo", "up"], check=True)
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], check=True)

    def command(self, *words):
        return ["ip", "netns", "exec", self.name, *words]


def read_until(process, last_line):
    """The output up to the line that holds last_line; the alarm of main() bounds the wait."""
    text = ""
    for line in process.stdout:
        text += line
        if last_line in line:
            return text
    return text


def paste_lines(namespace, build, user, out):
    """Start run.sh as a user, paste what it says, stop it; out(is_ok, text) once per check."""
    with tempfile.TemporaryDirectory() as run:
        os.chmod(run, 0o755)
        if user:
            subprocess.run(["chown", user, run], check=True)
        words = ["env", f"REPUTED_RUN_DIR={run}", "packaging/run.sh", build]
        if user:
            words = ["setpriv", f"--reuid={user}", "--clear-groups", *words]
        process = subprocess.Popen(namespace.command(*words), cwd=ROOT, text=True,
                                   stdout=subprocess.PIPE)
        try:
            text = read_until(process, "Ctrl-C stops it.")
            text += read_until(process, "Ctrl-C stops it.") if "dig" not in text else ""
            out("ready: 2 zones, 5 lists," in text, "prints the ready line")
            pasted = PASTE.findall(text)
            out(len(pasted) == 3, f"prints three dig lines (found {len(pasted)})")
            for line, expected in pasted:
                answer = subprocess.run(namespace.command(*shlex.split(line)), text=True,
                                        stdout=subprocess.PIPE).stdout.strip()
                out(answer == expected, f"{line} says {answer or 'nothing'}")
            out(("@10.53.0.1" in text) == (user is None), "through DPDK exactly when it is root")
        finally:
            process.send_signal(signal.SIGINT)
            status = process.wait()
        out(status == 0, f"Ctrl-C: exit status {status}")


def main(build):
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root to make a network namespace")
        return 0
    signal.alarm(3 * START_S)
    results = []

    def out(is_ok, text):
        results.append(is_ok)
        print(f"{'ok' if is_ok else 'not ok'} {len(results)} {text}", flush=True)

    with Namespace() as namespace:
        paste_lines(namespace, build, None, out)
        if subprocess.run(["setpriv", "--reuid=nobody", "--clear-groups", "test", "-x", build],
                          stderr=subprocess.DEVNULL).returncode == 0:
            paste_lines(namespace, build, "nobody", out)
        else:
            results.append(True)
            print(f"ok {len(results)} without root # SKIP nobody may not read {build}")
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
