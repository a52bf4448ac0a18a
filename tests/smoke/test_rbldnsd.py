# SPDX-License-Identifier: BSD-3-Clause
"""Random zone files of every type, served by rbldnsd and by the whole chain, asked the same. TAP.

usage: test_rbldnsd.py BUILD_DIRECTORY RBLDNSD [COMPARISONS [SEED]]

The chain is what 'reputectl migrate' makes of rbldnsd's own command line, started with 'reputectl
up'. Answers (code, addresses, texts, TTL) are compared over UDP; what differs must be one of the
differences that docs/rbldnsd.md lists, each recognised by what was asked and by the data.
"""
import collections
import ipaddress
import json
import os
import random
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

import netns
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../unit/feeds"))
import compare_rbldnsd as make  # noqa: E402  (the generators are shared)

KINDS = ["ip4set", "ip4trie", "ip4tset", "ip6trie", "ip6tset", "dnset"]
EACH_ROUND = 30000
WINDOW = 40  # questions under way: rbldnsd's socket holds about 150
TYPES = {"A": 1, "NS": 2, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28}
CODES = {0: "NOERROR", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}
GUARDS = "{errors: 1, may_be_empty: true, widest4: 0, widest6: 0, coverage4: 1, labels: 0, lint: false, " \
    "canaries: false, bogons: keep}"
# Clients of the loopback and what the acl of the server says of them.
CLIENTS = {"127.0.0.1": "pass", "127.0.0.3": "refuse", "127.0.0.4": "empty", "127.0.0.5": ":9:all $"}

# What the acl of a zone may say of them beside that; the one nearer to the end holds.
ACTIONS = ["pass", ":8:zone $", "empty", "refuse"]

# negative_ttl: of the SOA beside an answer that there is nothing; None without one.
Answer = collections.namedtuple("Answer", "code addresses texts others ttl negative_ttl")
Question = collections.namedtuple("Question", "zone name kind client")


def generic(rnd):
    """What our records take whole: names and the apex, but no addresses."""
    lines = []
    for _ in range(rnd.randint(1, 30)):
        asked = rnd.choice(["@", make.name(rnd), make.name(rnd), "www"])
        what = rnd.choice(["A 127.0.0.2", "A 192.0.2.1", "A 127.0.0.3", "TXT one", 'TXT "two words"',
                           "MX 10 mx.example", "TXT a $ b"])
        lines.append(f"{asked}{rnd.choice([' 5m', ' 60', ' 300 IN'])} {what}")
    return "\n".join(lines) + "\n"


def zone_text(rnd, kind):
    """Without a colon at the end of an IPv6 address: not taken, as feeds/README.md says; and without
    prefixes of length 0, which no guard lets serve."""
    made = re.sub(r"(?m)^([^$\n]*)/0\b", r"\1/3" if kind.startswith("ip6") else r"\1/7", make.zone(rnd, kind))
    return made.replace(": 5:", " :5") if kind.startswith("ip6") else made


def combined(rnd):
    """Three datasets in subzones that overlap; a special of one must not reach the others."""
    lines = [rnd.choice(["", "$1 global", "$TTL 5m"])]
    for i in range(3):
        subzones = " ".join(rnd.sample(["@", "s1", "s2", "d.s1"], rnd.randint(1, 3)))
        kind = rnd.choice(KINDS)
        body = re.sub(r"(?m)^[ #;:]*\$(MAXRANGE4|[0-9]|TIMESTAMP).*\n?", "", zone_text(rnd, kind))
        lines += [f"$DATASET {kind}:{rnd.choice(['', 'd'])}{i} {subzones}", body]
    return "\n".join(lines) + "\n"


class Zone:
    """An apex and its datasets: (type, text)."""

    def __init__(self, apex, datasets):
        self.apex = apex
        self.datasets = datasets
        self.subzones = ["", "s1.", "s2.", "d.s1."] if datasets[0][0] == "combined" else [""]
        self.served = [sub for sub in self.subzones if not sub or re.search(
            rf"(?m)^\$DATASET .* {re.escape(sub[:-1])}( |$)", datasets[0][1])]
        self.acl = {}
        self.is_everything = False  # a list of it is held back for that
        self.text = "\n".join(text for _, text in datasets).lower()
        self.kinds = {kind for kind, _ in datasets}
        if "combined" in self.kinds:
            self.kinds |= set(re.findall(r"\$dataset (\w+)", self.text))

    def action(self, client):
        """The stricter of what the server and the zone say; of two alike, the server's."""
        return max(CLIENTS[client], self.acl.get(client, "pass"),
                   key=lambda what: 1 if what[0] == ":" else ACTIONS.index(what))


def zones_of(rnd):
    zones = [Zone(f"{kind}-{i}.t", [(kind, zone_text(rnd, kind))]) for kind in KINDS for i in range(5)]
    zones += [Zone(f"generic-{i}.t", [("generic", (generic if i < 3 else make.generic)(rnd))]) for i in range(6)]
    zones += [Zone(f"combined-{i}.t", [("combined", combined(rnd))]) for i in range(6)]
    for i in range(8):
        kinds = rnd.sample(KINDS, 2) + ([rnd.choice(KINDS)] if i % 2 else [])
        zones.append(Zone(f"mixed-{i}.t", [(kind, zone_text(rnd, kind)) for kind in kinds]))
    for zone in rnd.sample(zones, len(zones) // 3):
        zone.acl = {client: rnd.choice(ACTIONS) for client in CLIENTS}
    return zones


def near(rnd, address):
    """An address beside one: boundaries are where ranges are cut wrong."""
    step = rnd.choice([-1, 1, 0, 256, -256, 65536])
    top = 2 ** address.max_prefixlen - 1
    return type(address)(min(top, max(0, int(address) + step)))


def asked_name(rnd, zone):
    """Mostly what the zone may list; sometimes something broken or beside it."""
    sort = rnd.choice([k for k in zone.kinds if k != "combined"] or KINDS)
    key = make.key(rnd, sort)
    try:
        address = near(rnd, ipaddress.ip_address(key))
        labels = address.reverse_pointer.split(".")[:-2]
    except ValueError:
        labels = key.split(".")
        if rnd.random() < 0.3:
            labels = [rnd.choice(make.LABELS)] + labels
    odd = rnd.random()
    if odd < 0.03:
        labels = labels[rnd.randint(1, len(labels)):]
    elif odd < 0.05:
        labels = [rnd.choice(["x", "256", "*", "04", "test", "a b"])] + labels[rnd.randint(0, 1):]
    elif odd < 0.06:
        labels = rnd.choice(["2.0.0.127", "1.0.0.127", "test", "invalid", "www", ""]).split(".")
    elif odd < 0.07:  # v4-mapped, 6to4
        mapped = ipaddress.IPv6Address(rnd.choice([0xffff << 32, 0x2002 << 112]) |
                                       (int(ipaddress.IPv4Address(make.ip4_address(rnd)))))
        labels = mapped.reverse_pointer.split(".")[:-2]
    elif odd < 0.2:
        labels = [label.upper() for label in labels]
    return ".".join(label for label in labels if label)


def question(rnd, zones):
    zone = rnd.choice(zones)
    kind = rnd.choice(["A"] * 5 + ["TXT"] * 4 + ["AAAA", "MX", "NS", "SOA"])
    client = "127.0.0.1" if rnd.random() < (0.5 if zone.acl else 0.9) else rnd.choice(list(CLIENTS))
    name = asked_name(rnd, zone)
    sub = rnd.choice(zone.subzones)
    return Question(zone, f"{name}.{sub}{zone.apex}".lstrip("."), kind, client)


def wire_of(name):
    labels = [label.encode() for label in name.split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def after_name(reply, at):
    while reply[at] and reply[at] < 0xc0:
        at += 1 + reply[at]
    return at + (2 if reply[at] else 1)


def answer_of(reply, size):
    """size: of the question's name"""
    flags, _, count, others_count = struct.unpack(">4H", reply[2:10])
    at, found = 12 + size + 4, collections.defaultdict(set)
    ttl = negative_ttl = None
    for _ in range(count):
        kind, _, seconds, length = struct.unpack(">HHIH", reply[at + 2:at + 12])
        data = reply[at + 12:at + 12 + length]
        found[kind].add(data)
        ttl = seconds
        at += 12 + length
    if not count and others_count:
        at = after_name(reply, at)
        kind, _, seconds = struct.unpack(">HHI", reply[at:at + 8])
        negative_ttl = seconds if kind == TYPES["SOA"] else None
    others = frozenset(kind for kind in found if kind not in (1, 16))
    return Answer(CODES.get(flags & 15, flags & 15), frozenset(".".join(map(str, d)) for d in found[1]),
                  frozenset(d[1:].decode("latin1") for d in found[16]), others, ttl,
                  negative_ttl)


class Server:
    """Questions to a port of the loopback, many under way, from several addresses."""

    def __init__(self, port):
        self.sockets = {}
        for client in CLIENTS:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.bind((client, 0))
            made.connect(("127.0.0.1", port))
            made.setblocking(False)
            self.sockets[client] = made

    def close(self):
        for made in self.sockets.values():
            made.close()

    def ask(self, questions):
        """The answers, in order; what is lost is asked again."""
        wires = [wire_of(q.name) for q in questions]
        answers = [None] * len(questions)
        for attempt in range(20):
            left = [i for i, answer in enumerate(answers) if answer is None]
            if not left:
                return answers
            for at in range(0, len(left), WINDOW):
                self.ask_some(questions, wires, answers, left[at:at + WINDOW], 0.2 + attempt)
        raise TimeoutError(f"no answer to {questions[left[0]]}")

    def ask_some(self, questions, wires, answers, which, patience_s):
        for i in which:
            query = struct.pack(">6H", i & 0xffff, 0, 1, 0, 0, 1) + wires[i] + \
                struct.pack(">2H", TYPES[questions[i].kind], 1) + b"\0\0\x29\x07\xd0\0\0\0\0\0\0"
            self.sockets[questions[i].client].send(query)
        waiting = set(which)
        while waiting:
            ready = select.select(list(self.sockets.values()), [], [], patience_s)[0]
            if not ready:
                return
            for each in ready:
                self.take(each, wires, answers, waiting)

    @staticmethod
    def take(each, wires, answers, waiting):
        while True:
            try:
                reply = each.recv(4096)
            except BlockingIOError:
                return
            number = struct.unpack(">H", reply[:2])[0]
            # A late one of a batch before has another name.
            if number in waiting and reply[12:12 + len(wires[number])] == wires[number]:
                answers[number] = answer_of(reply, len(wires[number]))
                waiting.discard(number)


NOTHING = frozenset()


def is_under(zone, name):
    """Whether a name of the data is below it; name: relative to the apex."""
    return bool(re.search(r"[.\s*!]" + re.escape(name.lower()) + r"\.?(\s|$|[:#;])", zone.text)) or \
        ("." + name.lower()) in zone.text


def cut_texts(theirs, mine):
    """254 bytes there, 255 here, and not at the same place of a template."""
    pairs = list(zip(sorted(theirs.texts), sorted(mine.texts)))
    return len(theirs.texts) == len(mine.texts) and all(
        a == b or (min(len(a), len(b)) > 200 and a[:150] == b[:150]) for a, b in pairs)


def difference(asked, theirs, mine):
    """The name of the documented difference, None when it is none of them."""
    zone = asked.zone
    sub = max((s for s in zone.served if f".{asked.name}".endswith(f".{s}{zone.apex}")), key=len)
    relative = asked.name[:-len(sub + zone.apex)].rstrip(".").lower()
    labels = relative.split(".") if relative else []
    is_empty = mine.code == "NOERROR" and not (mine.addresses or mine.texts or mine.others)
    what = zone.action(asked.client)
    if mine.code == "SERVFAIL" and zone.is_everything:
        return "a list that lists everything"
    if not labels and asked.kind in ("NS", "SOA"):
        return "apex: NS and SOA are always there"
    if relative == "test" or re.fullmatch(r"([2-9]|\d\d+)\.0\.0\.127", relative) or relative.endswith("0.0.7.f.f.f.f.f" + ".0" * 20):
        return "test entries"
    if relative == "1.0.0.127":
        return "127.0.0.1"
    if any(re.fullmatch(r"0\d+", label) for label in labels) and mine.code == "NXDOMAIN":
        return "leading zeros"
    if len(labels) == 32 and (relative.endswith("2.0.0.2") or relative.endswith("f.f.f.f" + ".0" * 20)):
        return "addresses of IPv4 within IPv6"
    if "generic" in zone.kinds and what not in ("pass", "refuse"):
        return "generic under an acl"
    if what.startswith(":") and labels and ({theirs.code, mine.code} == {"NXDOMAIN", "NOERROR"} or
                                            (is_empty and "combined" in zone.kinds)):
        return "an acl that lists everything, whatever the types of the zone"
    if theirs.code == "NXDOMAIN" and is_empty and what == "pass":
        is_nibbles = bool(zone.kinds & {"ip6trie", "ip6tset"}) and all(len(label) == 1 for label in labels)
        whole = {32} if is_nibbles else {4, 32}
        if len(labels) not in whole or is_under(zone, relative):
            return "a name above something listed"
    if (theirs.code, theirs.addresses) == (mine.code, mine.addresses) and is_joined(theirs, mine):
        return "several texts are one"
    if (theirs.code, theirs.addresses) == (mine.code, mine.addresses) and cut_texts(theirs, mine):
        if theirs.texts != mine.texts:
            return "texts that are too long"
        if theirs.ttl != mine.ttl and (what not in ("pass", "refuse") or "generic" in zone.kinds or len(zone.datasets) > 1 or "combined" in zone.kinds):
            return "one TTL for a zone"
    return None


def is_joined(theirs, mine):
    """Several texts of an answer are one text here, in the order of the lists."""
    if len(theirs.texts) < 2 or len(mine.texts) != 1:
        return False
    whole = next(iter(mine.texts))
    left = whole
    for one in sorted(theirs.texts, key=len, reverse=True):
        if one[:100] not in whole and len(whole) < 200:
            return False
        left = left.replace(one, "", 1)
    return len(whole) > 200 or not left.replace(";", "").strip()


class Round:
    """Both servers over the same random files."""

    def __init__(self, build, program, rnd):
        self.folder = tempfile.mkdtemp(prefix="reputed-smoke-")
        self.reputectl = os.path.join(build, "reputectl")
        self.zones = zones_of(rnd)
        self.processes, self.servers = [], []
        os.chmod(self.folder, 0o755)
        self.words = self.write_files()
        self.log = open(self.path("log"), "w+", encoding="utf-8")
        self.start_theirs(program)
        self.start_ours()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_files(self):
        words = []
        for zone in self.zones:
            for i, (kind, text) in enumerate(zone.datasets):
                name = f"{zone.apex}.{i}"
                with open(self.path(name), "w", encoding="utf-8") as file:
                    file.write(text)
                words.append(f"{zone.apex}:{kind}:{name}")
            if zone.acl:
                words.append(f"{zone.apex}:acl:{self.write_acl(zone.apex + '.acl', zone.acl)}")
        return words + [f":acl:{self.write_acl('acl', CLIENTS)}"]

    def write_acl(self, name, actions):
        with open(self.path(name), "w", encoding="utf-8") as file:
            for client, action in actions.items():
                file.write(f"{client} {action if action[0] == ':' else ':' + action}\n")
        return name

    def start(self, words, **more):
        process = subprocess.Popen(words, stderr=self.log, preexec_fn=netns.die_with_parent, **more)
        self.processes.append(process)
        return process

    def start_theirs(self, program):
        port = free_port()
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        options = ["-n", "-a", "-c", "0", "-w", self.folder, "-b", f"127.0.0.1/{port}"]
        process = self.start([program, *options, *user, *self.words], stdout=self.log)
        self.options = options
        server = Server(port)
        self.servers.append(server)

        def is_up():
            if process.poll() is not None:
                raise RuntimeError("rbldnsd ended: " + open(self.path("log"), encoding="utf-8").read())
            try:
                server.sockets["127.0.0.1"].send(b"x" * 12)
                return bool(server.ask([Question(self.zones[0], "x.unknown", "A", "127.0.0.1")]))
            except ConnectionError:
                return False
        netns.wait_for(is_up, "rbldnsd")

    def start_ours(self):
        port = free_port()
        options = [f"127.0.0.1/{port}" if word.startswith("127.0.0.1/") else word for word in self.options]
        done = subprocess.run([self.reputectl, "migrate", "rbldnsd", "--", *options, *self.words],
                              text=True, capture_output=True, check=False)
        if done.returncode not in (0, 3):
            raise RuntimeError(f"migrate: {done.stderr}")
        config = done.stdout.replace("{bogons: keep}", GUARDS)
        with open(self.path("reputed.yaml"), "w", encoding="utf-8") as file:
            file.write(f"state_dir: {self.folder}/state\ncontrol_socket: {self.folder}/control.sock\n")
            file.write(config.replace("\ndataplane:\n", f"\ndataplane:\n  socket: {self.folder}/dataplane.sock\n"))
        process = self.start([self.reputectl, "up", "-c", self.path("reputed.yaml")],
                             stdout=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        if not line.startswith("ready:"):
            raise RuntimeError("reputed: " + open(self.path("log"), encoding="utf-8").read())
        self.servers.append(Server(port))
        done = subprocess.run([self.reputectl, "-c", self.path("reputed.yaml"), "--json", "status"],
                              capture_output=True, check=False)
        held = {os.path.basename(feed["path"]).rpartition(".")[0]
                for feed in json.loads(done.stdout)["feeds"] if feed["guard"] == "everything"}
        for zone in self.zones:
            zone.is_everything = zone.apex in held

    def close(self):
        for server in self.servers:
            server.close()
        for process in self.processes:
            process.terminate()
            process.wait(netns.DEADLINE_S)
            if process.stdout:
                process.stdout.close()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port():
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]


def compare(questions, both, seen, counts):
    """Returns what is unexpected, as text."""
    bad = []
    for asked, theirs, mine in zip(questions, *both):
        counts["all"] += 1
        counts["listed"] += bool(theirs.addresses)
        for kind in asked.zone.kinds:
            counts[kind] += bool(theirs.addresses or theirs.texts)
        if theirs.negative_ttl is None:  # no $SOA: nothing said for how long
            mine = mine._replace(negative_ttl=None)
        else:
            counts["negative"] += 1
        if theirs == mine:
            continue
        name = difference(asked, theirs, mine)
        if name:
            seen[name] += 1
        else:
            bad.append(f"{asked.kind} {asked.name} from {asked.client} ({asked.zone.action(asked.client)})\n"
                       f"  rbldnsd {theirs}\n  ours    {mine}\n")
            if len(bad) == 1:
                bad.append(f"{asked.zone.datasets}\n")
    return bad


def run(build, program, wanted, seed, checks):
    seen, counts, number = collections.Counter(), collections.Counter(), 0
    while counts["all"] < wanted and not checks.failed:
        rnd = random.Random(f"{seed}-{number}")
        both = Round(build, program, rnd)
        try:
            questions = [question(rnd, both.zones) for _ in range(min(EACH_ROUND, wanted - counts["all"]))]
            bad = compare(questions, [server.ask(questions) for server in both.servers], seen, counts)
        finally:
            both.close()
        if bad:
            sys.stderr.write("".join(bad[:12]))
        checks.is_equal(len(bad), 0, f"round {number}: answers that differ without a documented reason")
        number += 1
    print(f"# {counts['all']} comparisons, {counts['listed']} of them listed by rbldnsd")
    for name, count in seen.most_common():
        print(f"# {count} differ as documented: {name}")
    missing = [kind for kind in KINDS + ["generic", "combined"] if not counts[kind]]
    checks.is_equal(missing, [], "every type had answers")
    checks.is_true(counts["listed"] > counts["all"] / 20, "enough was listed")
    checks.is_true(counts["negative"] > counts["all"] / 200, "enough was negative with a SOA")


def main(build, program, wanted, seed):
    checks = netns.Checks()
    with checks.group("comparison"):
        run(build, program, wanted, seed, checks)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 30000,
                  sys.argv[4] if len(sys.argv) > 4 else "1"))
