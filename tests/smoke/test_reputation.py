#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Reputation from end to end, on the loopback: logs that are followed and rotated, events over HTTP,
explanations that sum to the score, delisting by hand and by the page, and every kind of restart.
Prints TAP.

usage: test_reputation.py BUILD_DIRECTORY
"""
import configparser
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse

import daemons
import netns

TOKEN, OPERATOR = "token-of-mx1-123456", "token-of-operator-1"
CONFIG = """\
http: {{listen: "127.0.0.1:{http}", operator_token_file: secrets/operator, delist_page: true}}
monitor: {{addresses: [192.0.2.25, 192.0.2.26]}}
reputation:
  reporters:
    - {{name: mx1, token_file: secrets/mx1}}
    - {{name: local, user: "{uid}"}}
lists:
  - {{name: local, manual: true}}
  - {{name: dha, reputation: dha, code: 127.0.0.8, text: "$ harvests addresses"}}
zones:
  - {{name: bl.test, lists: [local, dha]}}
"""
QUESTION = "9.113.0.203.bl.test"
HARVESTER, BOUNCER, GUESSER = "203.0.113.9", "203.0.113.77", "2001:db8::5"


def stamp(at):
    return time.strftime("%b %d %H:%M:%S", time.localtime(at))


def reverse(address):
    return ".".join(reversed(address.split("."))) + ".bl.test"


def reject(number, sender="a@b.example", client=HARVESTER):
    return (f"{stamp(time.time())} mx postfix/smtpd[{number}]: NOQUEUE: reject: RCPT from "
            f"unknown[{client}]: 550 5.1.1 <u{number}@example.org>: Recipient address rejected: "
            f"User unknown in local recipient table; from=<{sender}> to=<u{number}@example.org> "
            f"proto=ESMTP helo=<x>\n")


class World(daemons.Daemons):
    """The daemons with HTTP, and an importer that can be killed."""

    def __init__(self, build):
        self.http = daemons.free_port()
        super().__init__(build, CONFIG.format(http=self.http, uid=os.getuid()), {
            "secrets/mx1": TOKEN + "\n", "secrets/operator": OPERATOR + "\n", "mail.log": ""})
        for name in ("mx1", "operator"):
            os.chmod(self.path("secrets/" + name), 0o600)
        self.importer = None

    def __exit__(self, *arguments):
        self.stop_importer(signal.SIGKILL)
        super().__exit__(*arguments)

    def stop_importer(self, number=signal.SIGTERM):
        if self.importer and self.importer.poll() is None:
            self.stop(self.importer, number)
        return self.importer.returncode if self.importer else None

    def start_importer(self):
        self.importer = self.spawn(
            os.path.join(self.build, "reputed-import"), "--format", "postfix", "--log",
            self.path("mail.log"), "--to", f"http://127.0.0.1:{self.http}", "--token-file",
            self.path("secrets/mx1"), "--position", self.path("position"))

    def append(self, text):
        with open(self.path("mail.log"), "a", encoding="utf-8") as log:
            log.write(text)

    def request(self, method, path, body=None, token=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.http,
                                                timeout=netns.DEADLINE_S)
        if token:
            headers["Authorization"] = "Bearer " + token
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def explain(self, key):
        return json.loads(self.request("GET", "/v1/explain/" + urllib.parse.quote(key, ""))[1])

    def raw(self, key, name):
        """How many events of a class were counted."""
        rows = [row for row in self.explain(key)["table"] if row["class"] == name]
        return round(rows[0]["raw"]) if rows else 0

    def listed(self, key):
        return {row["list"] for row in self.explain(key)["lists"] if row["listed"]}

    def wait_raw(self, key, name, count):
        try:
            netns.wait_for(lambda: self.raw(key, name) >= count, f"{count} {name}")
        except TimeoutError:
            pass
        return self.raw(key, name)

    def ctl(self, *words, **more):
        return subprocess.run([os.path.join(self.build, "reputectl"), "-c", self.config_path,
                               *words], text=True, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=netns.DEADLINE_S, **more)


def check_harvest(checks, w):
    w.append("".join(reject(i) for i in range(15)))
    w.start_importer()
    checks.is_equal(w.wait_raw(HARVESTER, "invalid_rcpt", 15), 15,
                    "what was in the log is counted")
    checks.is_equal(w.listed(HARVESTER) & {"dha"}, {"dha"}, "a harvest attack is listed")
    checks.is_equal(w.wait_answer(QUESTION, "NOERROR 127.0.0.8"), "NOERROR 127.0.0.8",
                    "and DNS answers so")
    w.append("".join(reject(i, "", BOUNCER) for i in range(3)))
    checks.is_equal(w.wait_raw(BOUNCER, "backscatter", 3), 3,
                    "bounces to nobody are backscatter")
    shown = w.explain(HARVESTER)
    total = shown["start_hundredths"] + shown["prior"]["score_hundredths"] + \
        shown["history_hundredths"] + shown["rounding_hundredths"] + \
        sum(row["score_hundredths"] for row in shown["table"])
    checks.is_equal(total, 100 * shown["score"], "the table sums exactly to the score")
    text = w.ctl("explain", HARVESTER).stdout
    checks.is_true(re.search(r"^dha +listed ", text, re.M) and "unless new evidence" in text and
                   re.search(r"^ +dha .* the reputation, see", text, re.M),
                   "reputectl explains it")


def check_rotation(checks, w):
    os.rename(w.path("mail.log"), w.path("mail.log.1"))
    with open(w.path("mail.log.1"), "a", encoding="utf-8") as old:
        old.write(reject(15))
    w.append(reject(16))
    checks.is_equal(w.wait_raw(HARVESTER, "invalid_rcpt", 17), 17, "over a rotation")
    w.stop_importer(signal.SIGKILL)
    w.append(reject(17))
    w.start_importer()
    checks.is_equal(w.wait_raw(HARVESTER, "invalid_rcpt", 18), 18, "after kill -9, nothing twice")
    w.stop(w.control, signal.SIGKILL)
    w.append(reject(18))
    w.wait_log("cannot send events")
    w.start_control()
    w.wait_ready()
    checks.is_equal(w.wait_raw(HARVESTER, "invalid_rcpt", 19), 19,
                    "what was seen while the daemon was dead, and what it had acknowledged")
    checks.is_equal(w.stop_importer(), 0, "the importer ends when it is told to")
    os.unlink(w.path("position"))
    w.start_importer()
    w.append(reject(19))
    checks.is_equal(w.wait_raw(HARVESTER, "invalid_rcpt", 20), 20,
                    "a lost place sends the same ids again, which count once")


def check_report(checks, w):
    run = w.ctl("report", "auth_fail", GUESSER, "--user", "bob", "--count", "3")
    checks.is_equal((run.returncode, run.stdout), (0, "1 counted, 0 known already, 0 of own "
                                                      "networks\n"), "reputectl report")
    run = w.ctl("report", "auth_fail", "127.0.0.1")
    checks.is_true(run.returncode == 1 and "events[0]: ip:" in run.stdout,
                   f"a bad one names its member: {run.stdout.strip()}")
    lines = "".join(json.dumps({"class": "auth_fail", "ip": GUESSER, "user": f"u{i}",
                                "id": f"x{i % 20}"}) + "\n" for i in range(30))
    run = w.ctl("report", input=lines)
    checks.is_equal(run.stdout, "20 counted, 10 known already, 0 of own networks\n",
                    "lines from standard input, ten of them again")
    checks.is_equal(w.raw(GUESSER, "auth_fail") >= 23, True, "they are counted")
    action = configparser.ConfigParser(interpolation=None)
    action.read(os.path.join(os.path.dirname(__file__), "../../packaging/fail2ban/action.d",
                             "reputed.conf"))
    command = action["Definition"]["actionban"]
    for name, value in {**action["Init"], "ip": "203.0.113.200", "failures": "5",
                        "reputectl": os.path.join(w.build, "reputectl"),
                        "config": w.config_path}.items():
        command = command.replace(f"<{name}>", value)
    command = command.replace("<failures>", "5")
    run = subprocess.run(["sh", "-c", command], text=True, check=False, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    checks.is_equal((run.returncode, w.raw("203.0.113.200", "auth_fail") > 0), (0, True),
                    f"the action of fail2ban: {run.stdout.strip()}")


def check_http(checks, w):
    event = json.dumps({"class": "phish", "ip": "198.51.100.1"})
    checks.is_equal(w.request("POST", "/v1/events", event)[0], 401, "no token, no event")
    checks.is_equal(w.request("POST", "/v1/events", event, TOKEN)[0], 200, "a reporter's event")
    status, text = w.request("POST", "/v1/events", '{"class": "phish", "ip": "x"}', TOKEN)
    checks.is_true(status == 400 and "events[0]: ip: found" in text, "a bad one is named")
    late = json.dumps({"class": "phish", "ip": "198.51.100.1", "ts": time.time() + 86400})
    status, text = w.request("POST", "/v1/events", late, TOKEN)
    checks.is_true(status == 422 and "future" in text, "one from the future is refused")
    push = json.dumps({"ip": "198.51.100.2", "action": "reject", "user": "unknown",
                       "from": "a@b.example", "rcpt": ["c@example.org"], "symbols": []})
    status, _ = w.request("POST", "/v1/rspamd", push, TOKEN)
    checks.is_equal((status, w.raw("198.51.100.2", "spam_verdict") > 0), (200, True),
                    "rspamd pushes")
    checks.is_equal(json.loads(w.request("GET", "/v1/health")[1])["saving"], True, "health")
    checks.is_equal(w.status()["http"]["not_found"], 0, "counters are in the status")


def check_delist(checks, w):
    body = json.dumps({"key": HARVESTER, "reason": "mended"})
    checks.is_equal(w.request("POST", "/v1/delist", body, TOKEN)[0], 401, "not with any token")
    checks.is_true("dha" in w.listed(HARVESTER), "still listed")
    status, page = w.request("GET", "/delist?i=" + HARVESTER)
    checks.is_true(status == 200 and "<td>dha<td>" in page, "the page shows the listing")
    form = {"i": HARVESTER, "reason": "<script>"}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, page = w.request("POST", "/delist", urllib.parse.urlencode(form), **kind)
    found = re.search(r'name="confirm" value="([^"]+)"', page)
    checks.is_true(status == 200 and found and "<script>" not in page, "it asks back")
    form["confirm"] = found[1]
    status, _ = w.request("POST", "/delist", urllib.parse.urlencode(form), **kind)
    checks.is_equal((status, w.listed(HARVESTER)), (200, set()), "and takes it off")
    checks.is_equal(w.wait_answer(QUESTION, "NXDOMAIN"), "NXDOMAIN", "in DNS as well")
    status, _ = w.request("POST", "/delist", urllib.parse.urlencode(form), **kind)
    checks.is_equal(status, 429, "once a day")
    with open(w.path("state/reputation/audit.jsonl"), encoding="utf-8") as audit:
        row = json.loads(audit.readlines()[-1])
    checks.is_true(row["key"] == HARVESTER and row["who"] == "self-service from 127.0.0.1" and
                   row["why"] == "<script>" and row["classes"], "the audit has who, why and what")
    checks.is_true("--reason" in w.ctl("delist", GUESSER).stdout, "by hand: with a reason")
    run = w.ctl("delist", GUESSER, "--reason", "was me", "--author", "amy")
    checks.is_equal((run.returncode, w.listed(GUESSER)), (0, set()), "by hand")
    w.stop(w.control, signal.SIGKILL)
    w.start_control()
    w.wait_ready()
    checks.is_equal(w.listed(HARVESTER) | w.listed(GUESSER), set(), "they stay off after kill -9")
    status, _ = w.request("POST", "/delist", urllib.parse.urlencode(form), **kind)
    checks.is_equal(status, 429, "and the limit holds")


def check_simulate(checks, w):
    w.append("".join(reject(100 + i, client="203.0.113.50") for i in range(15)))
    w.wait_raw("203.0.113.50", "invalid_rcpt", 15)
    with open(w.config_path, encoding="utf-8") as file:
        text = file.read()
    w.write("new.yaml", text.replace("reputation:\n", "reputation:\n  enter_points: 1000\n"))
    run = subprocess.run([os.path.join(w.build, "reputectl"), "reputation", "simulate",
                          w.path("state/reputation/journal"), w.config_path, "--config",
                          w.path("new.yaml"), "--json"], text=True, check=False,
                         stdout=subprocess.PIPE, timeout=netns.DEADLINE_S)
    answer = json.loads(run.stdout)
    changes = {c["key"]: c for c in answer["changes"]}
    checks.is_true("dha" in changes["203.0.113.50"]["before"] and
                   not changes["203.0.113.50"]["after"] and
                   answer["summary"]["lists"]["dha"]["leave"] >= 1 and
                   answer["summary"]["bad"] == 0,
                   "simulate shows who would leave with other dials")
    checks.is_true(HARVESTER not in changes, "and who was delisted is on no list by either")


def check_monitor(checks, w):
    w.ask("list-add", list="local", key="192.0.2.25", reason="oops")
    w.stop(w.control, signal.SIGTERM)
    w.start_control()
    w.wait_ready()

    def rows():
        found = {row["address"]: row for row in w.status()["monitor"]}
        return found if all(row["checked_s"] for row in found.values()) else None
    found = netns.wait_for(rows, "own addresses to be looked up")
    checks.is_equal((found["192.0.2.25"]["state"], found["192.0.2.25"]["codes"],
                     found["192.0.2.26"]["state"]), ("listed", ["127.0.0.2"], "not_listed"),
                    "own addresses are looked up in own zones")
    checks.is_true("own address '192.0.2.25' is listed in 'bl.test'" in w.log(), "and told")
    counters = {c["name"]: c["value"] for c in
                json.loads(w.ctl("stats", "--json").stdout)["counters"]}
    row = 'monitor_listed{zone="bl.test",address="192.0.2.2%d"}'
    checks.is_equal((counters[row % 5], counters[row % 6],
                     counters['monitor_lookups{state="listed"}']), (1, 0, 1),
                    "and counted in the stats")
    checks.is_true("queries" in "".join(counters) and
                   'reputation_listed{list="dha"}' in counters, "beside the other counters")
    status, text = w.request("GET", "/metrics")
    checks.is_true(status == 200 and f"\nreputed_{row % 5} 1\n" in text and
                   text.count("# HELP reputed_monitor_listed ") == 1, "and for Prometheus")
    text = w.ctl("status").stdout
    checks.is_true("192.0.2.25" in text and "not listed in 1 of 2 lookups" in text,
                   "and shown in the status")


def check_reload(checks, w):
    """The section goes and comes back while the daemon runs."""
    with open(w.config_path, encoding="utf-8") as file:
        text = file.read()
    start, end = text.index("reputation:\n"), text.index("lists:\n")
    w.write("reputed.yaml", (text[:start] + text[end:]).replace(
        '  - {name: dha, reputation: dha, code: 127.0.0.8, text: "$ harvests addresses"}\n', "")
        .replace("[local, dha]", "[local]"))
    w.control.send_signal(signal.SIGHUP)
    w.wait_log("removing it needs a restart")
    checks.is_equal(w.wait_answer(reverse("203.0.113.50"), "NXDOMAIN"), "NXDOMAIN",
                    "without the section its lists are gone")
    run = w.ctl("explain", HARVESTER)
    checks.is_true(run.returncode == 1 and "no reputation is kept" in run.stdout,
                   f"explain says so: {run.stdout.strip()}")
    checks.is_equal([w.request("GET", "/v1/explain/" + HARVESTER)[0],
                     w.request("GET", "/delist?i=" + HARVESTER)[0],
                     w.request("GET", "/v1/health")[0]], [503, 404, 200], "and so does HTTP")
    w.write("reputed.yaml", text)
    w.control.send_signal(signal.SIGHUP)
    checks.is_equal(w.wait_answer(reverse("203.0.113.50"), "NOERROR 127.0.0.8"),
                    "NOERROR 127.0.0.8", "when it comes back so do they, and nothing is forgotten")
    checks.is_equal(w.ctl("explain", HARVESTER).returncode, 0, "and it explains")


def main():
    build = sys.argv[1]
    checks = netns.Checks()
    with World(build) as w:
        w.start()
        for step in (check_harvest, check_rotation, check_report, check_http, check_delist,
                     check_simulate, check_monitor, check_reload):
            with checks.group(step.__name__):
                step(checks, w)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
