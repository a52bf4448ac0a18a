# SPDX-License-Identifier: BSD-3-Clause
"""reputectl dump: random lists written out, taken by the programs they are for, and read back. TAP.

usage: test_dump.py BUILD_DIRECTORY [RBLDNSD]
"""
import contextlib
import ipaddress
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import netns
import test_rbldnsd as chain
from test_rbldnsd import make

HEAD = """\
state_dir: {folder}/{name}-state
control_socket: {folder}/{name}.sock
dataplane: {{socket: {folder}/{name}-dataplane.sock, listen: ["127.0.0.1:{port}"]}}
guard: {{never_list: ["10.254.0.0/17", "2001:0:1::/48"]}}
lists:
"""
LIST = "  - {{name: {name}, feed: {{path: {path}, format: {format}, options: {options}, guards: " + \
    chain.GUARDS.replace("{", "{{").replace("}", "}}") + "}}, code: 127.0.0.7, text: \"$ $$ 'x'\"}}\n"
FORMATS = ["plain", "rbldnsd", "rpz", "ipset", "nft", "json", "bind"]
QUESTIONS = 3000


class Instance:
    """A configuration of feeds and a manual list, served while it is in use."""

    def __init__(self, build, folder, name, feeds):
        """feeds: name -> (path, format, options)"""
        self.reputectl = os.path.join(build, "reputectl")
        self.config = os.path.join(folder, f"{name}.yaml")
        self.port = chain.free_port()
        lists = "".join(LIST.format(name=n, path=p, format=f, options=o).replace(", options: {}", "")
                        for n, (p, f, o) in feeds.items())
        zones = "".join(f"  - {{name: {n}.t, lists: [{n}]}}\n" for n in [*feeds, "manual"])
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(HEAD.format(folder=folder, name=name, port=self.port) + lists +
                       "  - {name: manual, manual: true}\nzones:\n" + zones)
        self.log = open(os.path.join(folder, f"{name}.log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen([self.reputectl, "up", "-c", self.config], text=True,
                                        stdout=subprocess.PIPE, stderr=self.log,
                                        preexec_fn=netns.die_with_parent)
        line = self.process.stdout.readline()
        if not line.startswith("ready: "):
            raise RuntimeError(open(self.log.name, encoding="utf-8").read())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(netns.DEADLINE_S)
        self.process.stdout.close()
        self.log.close()

    def run(self, *words):
        return subprocess.run([self.reputectl, "-c", self.config, *words], text=True, check=False,
                              capture_output=True, timeout=netns.DEADLINE_S)

    def dump(self, name, form):
        return self.run("dump", name, "--format", form).stdout


def body(text):
    """Without comments, and the line with the time."""
    return "\n".join(line for line in text.split("\n") if line[:1] not in "#;" and " SOA " not in line)


def random_lists(rnd, folder):
    """A list of each type; texts are those that rbldnsd can say."""
    feeds = {}
    for kind in chain.KINDS:
        for i in range(3):
            name, path = f"{kind}-{i}", os.path.join(folder, f"{kind}-{i}.txt")
            text = re.sub(r"(?m)^[ #;:]*\$.*\n?", "", chain.zone_text(rnd, kind))
            with open(path, "w", encoding="utf-8") as file:
                file.write(text + "\n")
            feeds[name] = (path, f"rbldnsd-{kind}", "{}")
    return feeds


def family(name):
    return "names" if name.startswith("dns") else name[:3]


def check_tools(folder, names, checks):
    """What Debian has of the programs the dumps are for."""
    with contextlib.ExitStack() as stack:
        if os.geteuid() == 0:
            stack.enter_context(stack.enter_context(netns.Namespace()).entered())
        for name in names:
            path = os.path.join(folder, f"{name}.")
            tools = {"rpz": ["named-checkzone", "-q", "x.test", path + "rpz"],
                     "bind": ["named-checkzone", "-q", "x.test", path + "bind"],
                     "nft": ["nft", "-c", "-f", path + "nft"],
                     "ipset": ["sh", "-c", f"ipset restore < {path}ipset"]}
            for form, command in tools.items():
                program = "ipset" if form == "ipset" else command[0]
                if not shutil.which(program) or (form in ("nft", "ipset") and os.geteuid() != 0):
                    print(f"# no {program} here, or not root: the {form} dump of {name} is not tried")
                    continue
                done = subprocess.run(command, text=True, capture_output=True, check=False)
                checks.is_equal((done.returncode, done.stderr), (0, ""), f"{program} takes {name}")


def check_back(build, folder, first, names, checks):
    """Our own formats read the dumps back and say the same."""
    feeds = {}
    for name in names:
        base = os.path.join(folder, name)
        plain = "domains" if family(name) == "names" else "plain"
        feeds[f"{name}-p"] = (base + ".plain", plain, "{}")
        feeds[f"{name}-z"] = (base + ".rpz", "rpz", "{}")
        if f":{family(name)}" in open(base + ".rbldnsd", encoding="utf-8").read():
            feeds[f"{name}-r"] = (base + ".rbldnsd", "rbldnsd-combined", f"{{dataset: {family(name)}}}")
    with Instance(build, folder, "back", feeds) as second:
        for name in names:
            if family(name) != "names":
                checks.is_equal(covered(second.dump(f"{name}-p", "plain")), covered(first.dump(name, "plain")),
                                f"{name}: plain is the same")
                checks.is_equal(covered(second.dump(f"{name}-z", "plain")), covered(first.dump(name, "plain")),
                                f"{name}: rpz is the same")
            else:
                checks.is_equal(body(second.dump(f"{name}-z", "rpz")), body(first.dump(name, "rpz")),
                                f"{name}: rpz is the same")
            if f"{name}-r" in feeds:
                checks.is_equal(listings(second.dump(f"{name}-r", "json"), family(name)),
                                listings(first.dump(name, "json"), family(name)), f"{name}: rbldnsd is the same")


def covered(text):
    """Networks that touch are one: what tells them apart is not in these formats."""
    networks = [ipaddress.ip_network(line) for line in body(text).split()]
    return [list(map(str, ipaddress.collapse_addresses(n for n in networks if n.version == v))) for v in (4, 6)]


def listings(text, wanted):
    """Of several values of addresses the first; the others are in datasets of their own."""
    found = []
    for entry in map(json.loads, text.split("\n")[:-1]):
        address = entry.get("address")
        if address:
            entry["listings"] = entry["listings"][:1]
        if not address or wanted == ("ip6" if ":" in address else "ip4"):
            found.append(entry)
    return found


def check_rbldnsd(program, folder, first, names, checks, rnd):
    """rbldnsd serves the dumps and answers as we do."""
    port = chain.free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    specs = [f"{name}.t:combined:{name}.rbldnsd" for name in names]
    log = open(os.path.join(folder, "rbldnsd.log"), "w+", encoding="utf-8")
    process = subprocess.Popen([program, "-n", "-a", "-b", f"127.0.0.1/{port}", "-w", folder, *user, *specs],
                               stdout=log, stderr=log, preexec_fn=netns.die_with_parent)
    servers = [chain.Server(port), chain.Server(first.port)]
    try:
        netns.wait_for(lambda: process.poll() is not None or "started" in open(log.name, encoding="utf-8").read(),
                       "rbldnsd")
        said = open(log.name, encoding="utf-8").read()
        checks.is_equal([line for line in said.split("\n") if "warn" in line or "error" in line or "bad" in line],
                        [], "rbldnsd takes all")
        zones = [chain.Zone(f"{name}.t", [(name.rsplit("-", 1)[0], "")]) for name in names]
        questions = []
        while len(questions) < QUESTIONS:
            asked = chain.question(rnd, zones)
            if asked.kind in ("A", "TXT"):
                questions.append(asked._replace(client="127.0.0.1"))
        bad = [(asked, theirs, mine) for asked, theirs, mine in
               zip(questions, *[server.ask(questions) for server in servers])
               if (theirs.addresses, theirs.texts) != (mine.addresses, mine.texts)
               and not chain.difference(asked, theirs, mine)]
        checks.is_equal(bad[:3], [], f"{QUESTIONS} answers of rbldnsd from the dumps are ours")
    finally:
        for server in servers:
            server.close()
        process.terminate()
        process.wait(netns.DEADLINE_S)
        log.close()


def check_manual(first, checks):
    """Entries by hand, and what formats have no place for."""
    for key in ["192.0.2.1", "192.0.2.0/30", "!192.0.2.3", "2001:db8::/48", "bad.example", "!good.bad.example"]:
        checks.is_equal(first.run("list", "add", "manual", key).returncode, 0, f"added {key}")
    checks.is_equal(body(first.dump("manual", "plain")).split(),
                    ["192.0.2.0/31", "192.0.2.2", "2001:db8::/48", "bad.example", "!good.bad.example"], "plain")
    done = first.run("dump", "manual", "--format", "nft")
    checks.is_equal((done.returncode, "1 names" in done.stderr or "2 names" in done.stderr), (3, True),
                    "names have no place in nft: told, and exit status 3")
    lines = [json.loads(line) for line in first.run("dump", "manual", "--json").stdout.split("\n") if line]
    checks.is_equal(len(lines), 5, "--json is JSON lines")
    checks.is_equal(first.run("dump", "nolist").returncode, 1, "no such list")
    checks.is_equal(first.run("dump", "manual", "--format", "x").returncode, 2, "no such format")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([first.reputectl, "-c", first.config, "dump", "manual"], stdout=full,
                              stderr=subprocess.PIPE, check=False)
    checks.is_equal(done.returncode, 1, "output that cannot be written")


def check_damage(folder, first, checks):
    state = os.path.join(folder, "first-state/feeds/ip4set-0")
    with open(os.path.join(state, "1.feed"), "a", encoding="utf-8") as file:
        file.write("10.9.9.9\n")
    done = first.run("dump", "ip4set-0")
    checks.is_equal((done.returncode, done.stdout, "damaged" in done.stderr), (1, "", True), "a damaged version")
    shutil.rmtree(state)
    done = first.run("dump", "ip4set-0", "--json")
    checks.is_equal((done.returncode, json.loads(done.stdout)["ok"]), (1, False), "no good version")


def main(build, program):
    checks = netns.Checks()
    rnd = random.Random(4)
    with tempfile.TemporaryDirectory(prefix="reputed-smoke-") as folder:
        os.chmod(folder, 0o755)
        feeds = random_lists(rnd, folder)
        with Instance(build, folder, "first", feeds) as first:
            for name in feeds:
                for form in FORMATS:
                    with open(os.path.join(folder, f"{name}.{form}"), "w", encoding="utf-8") as file:
                        file.write(first.dump(name, form))
            with checks.group("the programs the dumps are for"):
                check_tools(folder, feeds, checks)
            with checks.group("read back"):
                check_back(build, folder, first, feeds, checks)
            if program:
                with checks.group("rbldnsd"):
                    check_rbldnsd(program, folder, first, feeds, checks, rnd)
            with checks.group("entries by hand"):
                check_manual(first, checks)
            with checks.group("damage"):
                check_damage(folder, first, checks)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
