#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""reputectl from end to end: both daemons on loopback, asked, changed, killed and stopped. TAP.

usage: test_cli.py BUILD_DIRECTORY
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile

import netns

CONFIG = """
state_dir: state
control_socket: control.sock
dataplane: {{socket: dataplane.sock, listen: ["127.0.0.1:{port}"]}}
lists:
  - {{name: feed, feed: {{path: feed.txt, format: plain}}, code: 127.0.0.4, text: "$ is in the feed"}}
  - {{name: local, manual: true, text: "$ is blocked here"}}
  - {{name: late, feed: {{path: late.txt, format: plain}}}}
zones:
  - {{name: bl.test, lists: [feed, local]}}
  - {{name: late.test, lists: [late]}}
"""


def free_port():
    """A port that is free for UDP and TCP on 127.0.0.1."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]


class Server:
    """A folder with a configuration, and 'reputectl up' in it."""

    def __init__(self, build, folder):
        self.reputectl = os.path.join(build, "reputectl")
        self.folder = folder
        self.port = free_port()
        self.config = os.path.join(folder, "reputed.yaml")
        self.write("reputed.yaml", CONFIG.format(port=self.port))
        self.write("feed.txt", "192.0.2.1\n198.51.100.0/24\n")
        self.process = None

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def start(self):
        """Start it and return the first line it prints."""
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen([self.reputectl, "up", "-c", self.config], text=True,
                                            stdout=subprocess.PIPE, stderr=log,
                                            preexec_fn=netns.die_with_parent)
        return self.process.stdout.readline()

    def run(self, *words):
        """Run a command; the result has returncode, stdout and stderr."""
        return subprocess.run([self.reputectl, "-c", self.config, *words], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=netns.DEADLINE_S)

    def status(self):
        return json.loads(self.run("status", "--json").stdout)

    def ask(self, name, kind="A"):
        return netns.summary(netns.ask("127.0.0.1", name, kind, port=self.port))


def check_asking(server, checks):
    checks.is_equal(server.ask("1.2.0.192.bl.test"), "NOERROR 127.0.0.4", "a feed's entry")
    checks.is_equal(server.ask("2.2.0.192.bl.test"), "NXDOMAIN", "what is not listed")
    checks.is_equal(server.ask("1.2.0.192.late.test"), "SERVFAIL EDE14", "a zone without data")
    found = server.run("lookup", "198.51.100.7")
    checks.is_equal(found.returncode, 0, "lookup: listed")
    checks.is_true("feed.txt, line 2" in found.stdout, "lookup names feed and line")
    found = json.loads(server.run("lookup", "--json", "198.51.100.7").stdout)
    zone = [z for z in found["zones"] if z["zone"] == "bl.test"][0]
    checks.is_equal(zone["codes"], ["127.0.0.4"], "lookup --json has the codes")
    checks.is_equal(zone["listings"][0]["text"], "198.51.100.7 is in the feed", "... and the text")
    checks.is_equal(server.run("lookup", "192.0.2.77").returncode, 2,
                    "lookup: not listed where it is known, unknown elsewhere")
    checks.is_equal(server.run("lookup", "a..b").returncode, 2, "lookup: not a key")
    checks.is_true("queries" in server.run("stats").stdout, "stats has counters")


def check_lists(server, checks):
    done = server.run("list", "add", "local", "203.0.113.9", "--ttl", "1h", "--code", "127.0.0.7",
                      "--reason", "a test", "--author", "me")
    checks.is_equal(done.returncode, 0, "list add")
    checks.is_equal(server.ask("9.113.0.203.bl.test"), "NOERROR 127.0.0.7", "answered at once")
    shown = server.run("list", "show").stdout
    checks.is_true("203.0.113.9" in shown and "a test" in shown and "me" in shown, "list show")
    found = server.run("lookup", "203.0.113.9").stdout
    checks.is_true("by hand, by me: a test (ends in" in found, "lookup says who and why")
    checks.is_equal(server.run("list", "add", "local", "nonsense key").returncode, 1,
                    "list add: not a key")
    checks.is_equal(server.run("list", "add", "nolist", "192.0.2.9").returncode, 1,
                    "list add: no such list")
    checks.is_equal(server.run("list", "add", "local", "192.0.2.9", "--ttl", "1").returncode, 2,
                    "list add: a ttl without unit")
    checks.is_equal(server.run("list", "del", "local", "203.0.113.9").returncode, 0, "list del")
    checks.is_equal(server.ask("9.113.0.203.bl.test"), "NXDOMAIN", "gone at once")


def check_feeds(server, checks):
    listed = server.run("feeds").stdout
    checks.is_true("feed" in listed and "serving" in listed and "missing" in listed, "feeds")
    server.write("feed.txt", "")
    checks.is_equal(server.run("feeds", "refresh", "feed").returncode, 0, "feeds refresh")
    netns.wait_for(lambda: [f for f in server.status()["feeds"] if f["state"] == "held"],
                   "the empty feed to be held")
    held = server.run("status").stdout
    checks.is_true("held" in held and "may_be_empty" in held, "status says why a feed is held")
    checks.is_equal(server.ask("1.2.0.192.bl.test"), "NOERROR 127.0.0.4", "the good one serves")
    checks.is_equal(server.run("feeds", "accept", "feed").returncode, 0, "feeds accept")
    netns.wait_for(lambda: server.ask("1.2.0.192.bl.test") == "NXDOMAIN", "the empty feed to serve")
    checks.is_equal(server.run("feeds", "rollback", "feed").returncode, 0, "feeds rollback")
    netns.wait_for(lambda: server.ask("1.2.0.192.bl.test") == "NOERROR 127.0.0.4",
                   "the version before to serve")
    checks.is_equal(server.run("feeds", "accept", "nofeed").returncode, 1, "no such feed")


def check_deaths(server, checks):
    before = server.status()
    os.kill(before["pid"], signal.SIGKILL)
    checks.is_equal(server.ask("1.2.0.192.bl.test"), "NOERROR 127.0.0.4", "answers without reputed")
    after = netns.wait_for(lambda: (s := server.status()).get("ready") and s, "reputed to be back")
    checks.is_true(after["pid"] != before["pid"], "reputed is started again")
    checks.is_equal(after["dataplane"]["pid"], before["dataplane"]["pid"],
                    "the data plane was left alone")
    os.kill(before["dataplane"]["pid"], signal.SIGKILL)
    netns.wait_for(lambda: server.status().get("dataplane", {}).get("is_loaded")
                   and server.status()["dataplane"]["pid"] != before["dataplane"]["pid"],
                   "the data plane to be loaded again")
    netns.wait_for(lambda: server.ask("1.2.0.192.bl.test") == "NOERROR 127.0.0.4",
                   "the feed to be answered again")
    checks.is_true("was killed by signal 9" in server.log(), "deaths are told")


def check_second(server, checks):
    """A second one must not disturb the first."""
    second = server.run("up")
    checks.is_equal(second.returncode, 1, "a second 'up' ends with 1")
    checks.is_equal(second.stdout, "", "... and is never ready")
    checks.is_true("before it was ready" in second.stderr, "... and says why")
    checks.is_equal(server.ask("1.2.0.192.bl.test"), "NOERROR 127.0.0.4", "the first goes on")
    checks.is_equal(server.status()["ok"], True, "and is asked through the same socket")


def check_stop(server, checks):
    pids = [server.status()["pid"], server.status()["dataplane"]["pid"]]
    server.process.send_signal(signal.SIGTERM)
    rest = server.process.stdout.read()
    checks.is_equal(server.process.wait(netns.DEADLINE_S), 0, "SIGTERM: exit status")
    checks.is_equal(rest, "", "nothing is printed after the ready line")
    checks.is_equal([p for p in pids if os.path.exists(f"/proc/{p}")], [], "no daemon is left")
    checks.is_equal(server.run("status").returncode, 1, "status: nothing runs")
    checks.is_equal(server.run("lookup", "192.0.2.1").returncode, 2, "lookup: nothing runs")
    checks.is_equal(server.run("list", "add", "local", "192.0.2.9").returncode, 1,
                    "list add: nothing runs")


def check_start(server, checks):
    checks.is_equal(server.run("check").stdout, f"{server.config}: ok: 2 zones, 3 lists\n", "check")
    checks.is_equal(server.start(), "ready: 1 zones, 3 lists, 2 entries\n", "the ready line")
    checks.is_true("warning: zone 'late.test' is not loaded" in server.log(), "a warning per zone")
    checks.is_equal(server.run("status").returncode, 0, "status")


def main(build):
    checks = netns.Checks()
    with tempfile.TemporaryDirectory(prefix="reputed-smoke-") as folder:
        server = Server(build, folder)
        try:
            with checks.group("start"):
                check_start(server, checks)
            for check in (check_asking, check_lists, check_feeds, check_deaths, check_second,
                          check_stop):
                with checks.group(check.__name__):
                    check(server, checks)
            if checks.failed:
                sys.stderr.write(server.log())
        finally:
            if server.process and server.process.poll() is None:
                server.process.terminate()
                server.process.wait(netns.DEADLINE_S)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
