#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""reputectl lint: everything passes with us, over sockets and through a DPDK port; what is known to
be wrong with rbldnsd is found. Prints TAP.

usage: test_lint.py BUILD_DIRECTORY
"""
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

import netns

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SAMPLE = os.path.join(ROOT, "packaging", "sample")
SERVER4, SERVER6, HOST4, HOST6 = "10.53.0.1", "fd53::1", "10.53.0.2", "fd53::2"
PORT = '  ports: [{{device: "{device}", addresses: ["{a4}/24", "{a6}/64"]}}]\n'
ZONES = {  # what is listed in it, beside what lint finds out
    "bl.example": ["1.1.104.12", "192.0.2.0/24", "203.0.113.65", "198.51.100.0/24"],
    "dbl.example": ["111101111.ru"],
}
ALL = set(range(1, 20))  # 20 is about a zone that cannot be asked just now

# By zone: the items that rbldnsd fails, each with a defect that rbldnsd.md tells of.
RBLDNSD_FAILS = {
    "bl.example": {
        1: "2.0.0.127.bl.example A",         # no test entries
        5: "9.0.0.127.bl.example A",
        7: "2.0.192.bl.example A (above 192.0.2.0/24)",  # NXDOMAIN above entries
        8: "012.104.1.1.bl.example A (from 1.1.104.12)",  # leading zeros are accepted
        9: "12.104.1.1.bl.example CAA",      # NOTIMP for types from 250 on
        12: "12.104.1.1.bl.example A (EDNS version 1)",
        13: "a connection",                  # no TCP
        14: "12.104.1.1.bl.example ANY",     # all there is
        15: "bl.example SOA (no question)",  # silence instead of FORMERR
        16: None,                            # no EDE
        17: "version.bind CH TXT (RD AD CD)",  # the query's flags come back
    },
    "dbl.example": {
        4: "test.dbl.example A",
        7: "ru.dbl.example A (above 111101111.ru)",
        9: "111101111.ru.dbl.example CAA",
        12: "111101111.ru.dbl.example A (two OPT)",
        13: "a connection",
        14: "111101111.ru.dbl.example ANY",
        15: "dbl.example SOA (two questions)",
        16: None,
        17: "version.bind CH TXT (RD AD CD)",
    },
}


def lint(build, words, namespace=None):
    """Run it with --json; (exit status, the object)."""
    command = [os.path.join(build, "reputectl"), "lint", "--json", *words]
    result = subprocess.run(namespace.command(*command) if namespace else command, text=True,
                            stdout=subprocess.PIPE, timeout=6 * netns.DEADLINE_S, check=False)
    return result.returncode, json.loads(result.stdout)


def numbers(report, result):
    return {item["number"] for item in report["items"] if item["result"] == result}


def failures(report):
    return [f"{item['number']}: {c['asked']} over {c['path']}: {c['came']}, not {c['wanted']}"
            for item in report["items"] for c in item["checks"] if not c["ok"]]


def listed_options(zone):
    return [word for key in ZONES[zone] for word in ("--listed", key)]


def configure(folder, port, device=None):
    """The sample configuration in a folder; the socket listens on a port of both loopbacks."""
    with open(os.path.join(SAMPLE, "reputed.yaml"), encoding="utf-8") as file:
        text = file.read()
    text = text.replace("path: ", f"path: {SAMPLE}/").replace("../../run/", "")
    text = re.sub(r"listen: .*\n", lambda m: f'listen: ["127.0.0.1:{port}", "[::1]:{port}"]\n'
                  + (PORT.format(device=device, a4=SERVER4, a6=SERVER6) if device else ""), text)
    text = text.replace("zones:\n", "  - {name: late, feed: {path: late.txt, format: plain}}\nzones:\n"
                        "  - {name: late.example, lists: [late]}\n", 1)
    if device:
        text = text.replace("lists:\n", "access: [{from: 0.0.0.0/0, action: allow}, "
                            "{from: '::/0', action: allow}]\nlists:\n", 1)
    path = os.path.join(folder, "reputed.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


@contextlib.contextmanager
def up(build, namespace, device=None):
    """reputectl up on the sample configuration; gives the configuration's path."""
    folder = tempfile.mkdtemp(prefix="reputed-smoke-")
    config = configure(folder, 5300, device)
    command = namespace.command(os.path.join(build, "reputectl"), "up", "-c", config)
    with open(os.path.join(folder, "log"), "wb") as log:
        process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=log,
                                   preexec_fn=netns.die_with_parent)
    try:
        line = process.stdout.readline()
        if not line.startswith("ready:"):
            with open(os.path.join(folder, "log"), encoding="utf-8", errors="replace") as log:
                raise RuntimeError(f"it is not ready: {line}{log.read()}")
        yield config
    finally:
        process.terminate()
        process.wait(netns.DEADLINE_S)
        process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def check_sockets(checks, build):
    with netns.Namespace() as host, up(build, host) as config:
        for zone in ZONES:
            status, report = lint(build, [zone, "-c", config, *listed_options(zone)], host)
            checks.is_equal(failures(report), [], f"{zone}: nothing fails over sockets")
            checks.is_equal((status, numbers(report, "pass")), (0, ALL),
                            f"{zone}: all items but 20 apply and pass")
            checks.is_equal({p["path"].split(":")[0] for p in report["paths"] if p["ok"]},
                            {"udp 127.0.0.1", "tcp 127.0.0.1", "udp [", "tcp ["},
                            f"{zone}: over UDP and TCP, over IPv4 and IPv6")
        status, report = lint(build, ["bl.example", "-c", config, "--listed", "192.0.3.1"], host)
        checks.is_equal((status, numbers(report, "fail") >= {1}), (1, True),
                        "what is said to be listed must be")
        status, report = lint(build, ["late.example", "-c", config], host)
        stale = report["items"][-1]
        checks.is_equal((status, stale["result"], stale["checks"][0]["came"]),
                        (1, "pass", "SERVFAIL EDE 14, OPT"), "a zone that is not loaded")
        text = host.run(os.path.join(build, "reputectl"), "lint", "bl.example",
                        "@127.0.0.1:5300")
        checks.is_true(text.stdout.endswith("\n18 passed, 0 failed, 2 not applicable\n") and
                       "pass  7  names above entries exist" in text.stdout,
                       f"the text for people ends: {text.stdout[-60:]!r}")


def check_device(checks, build):
    """From another host, over UDP through a DPDK port and over TCP through it to the kernel."""
    with netns.Namespace() as server, netns.Namespace() as client:
        netns.veth(server, "v0", client, "v1")
        client.add_address("v1", f"{HOST4}/24")
        client.add_address("v1", f"{HOST6}/64")
        with up(build, server, "net_af_xdp0,iface=v0") as config:
            for zone in ZONES:
                for where in (SERVER4, f"[{SERVER6}]:53"):
                    status, report = lint(build, [zone, f"@{where}", "-c", config,
                                                  *listed_options(zone)], client)
                    checks.is_equal(failures(report), [],
                                    f"{zone}: nothing fails through DPDK at {where}")
                    checks.is_equal((status, numbers(report, "pass")), (0, ALL),
                                    f"{zone}: all items but 20 pass at {where}")


@contextlib.contextmanager
def rbldnsd(program, host):
    """Debian's server with the same data; gives when it answers."""
    head = "$SOA 60 ns1.example hostmaster.example 0 3600 600 86400 60\n$NS 300 ns1.example\n"
    folder = tempfile.mkdtemp(prefix="reputed-smoke-")
    os.chmod(folder, 0o755)

    def sample(name):
        with open(os.path.join(SAMPLE, name), encoding="utf-8") as file:
            return file.read()
    for name, text in (("urlhaus", f"{head}:127.0.0.2:$ served malware\n"
                        + sample("urlhaus-addresses.txt")),
                       ("drop", ":127.0.0.9:$ is in DROP\n192.0.2.0/25\n198.51.100.0/24\n"),
                       ("dialup", sample("local.rbldnsd")),
                       ("hosts", f"{head}:127.0.1.5:$ served malware\n"
                        + sample("urlhaus-hosts.txt"))):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    command = host.command(program, "-n", "-u", "nobody", "-w", folder, "-b", "127.0.0.1/5300",
                           "bl.example:ip4set:urlhaus", "bl.example:ip4trie:drop",
                           "bl.example:ip4set:dialup", "dbl.example:dnset:hosts")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, preexec_fn=netns.die_with_parent)
    try:
        for line in process.stdout:
            if "started" in line:
                break
        else:
            raise RuntimeError("rbldnsd did not start")
        yield
    finally:
        process.terminate()
        process.wait(netns.DEADLINE_S)
        process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def check_rbldnsd(checks, build):
    program = shutil.which("rbldnsd", path=os.environ["PATH"] + ":/usr/sbin")
    if not program:
        checks.skip("rbldnsd", "rbldnsd is not installed")
        return
    with netns.Namespace() as host, rbldnsd(program, host):
        for zone, expected in RBLDNSD_FAILS.items():
            status, report = lint(build, [zone, "@127.0.0.1:5300", "--timeout", "500ms",
                                          *listed_options(zone)], host)
            print(f"# rbldnsd, {zone}: {report['passed']} passed, {report['failed']} failed, "
                  f"{report['not_applicable']} not applicable")
            checks.is_equal((status, numbers(report, "fail")), (1, set(expected)),
                            f"{zone}: what rbldnsd fails")
            for item in report["items"]:
                wanted = expected.get(item["number"])
                asked = [c["asked"] for c in item["checks"] if not c["ok"]]
                if wanted:
                    checks.is_true(wanted in asked, f"{zone}: item {item['number']} fails on "
                                   f"'{wanted}'" + ("" if wanted in asked else f", not {asked}"))


def check_refusals(checks, build):
    """What cannot be asked: exit status 2 and an error that says why."""
    with netns.Namespace() as host, up(build, host) as config:
        for words, expected in (
                (["bl.example", "@127.0.0.1:5301"],
                 "udp 127.0.0.1:5301 does not answer: Connection refused"),
                (["other.example", "@127.0.0.1:5300"],
                 "udp 127.0.0.1:5300 refuses to answer for 'other.example': it does not serve "
                 "the zone, or not to us"),
                (["bl.example", "127.0.0.1"], "'127.0.0.1': expected @SERVER[:PORT]"),
                (["bl.example", "@[::1"], "'@[::1': expected @ADDRESS, @ADDRESS:PORT, "
                 "@[ADDRESS6]:PORT or @NAME"),
                (["..", "-c", config], "'..': expected the name of a zone"),
                (["bl.example", "--timeout", "1h"],
                 "--timeout '1h': expected 1ms to 60s, such as 2s or 500ms"),
                (["bl.example", "--family", "ipv4"],
                 "--family 'ipv4': expected ip4, ip6, names, with commas between them"),
                (["bl.example", "@127.0.0.1:5300", "--listed", "a..b"],
                 "--listed 'a..b': expected an address, a network or a name")):
            checks.is_equal(lint(build, words, host), (2, {"ok": False, "error": expected}),
                            f"cannot ask: {' '.join(words[:3])}".replace(config, "FILE"))


def main(build):
    netns.skip_unless_possible()
    checks = netns.Checks()
    for check in (check_sockets, check_device, check_rbldnsd, check_refusals):
        with checks.group(check.__name__):
            check(checks, build)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
