#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Ask rbldnsd and our datasets the same about random files of every type they share.

usage: compare_rbldnsd.py ASK RBLDNSD [ROUNDS [SEED]]

The files are made of the grammar of rbldnsd.8 with its odd corners and bad lines, over a few octets,
so that entries overlap. Not made, as the difference is meant: octets with leading zeros, codes
outside 127/8, line ends of CR LF, empty labels, hex words of more than four digits, a single colon at the end of an IPv6 address.
"""
import ipaddress
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

OCTETS = [0, 1, 2, 127, 128, 254, 255]
WORDS = ["0", "1", "2", "8000", "ffff"]
LABELS = ["a", "b", "c", "com", "x-y", "_d"]
KEYS_EACH = 60


def text(rnd):
    pieces = ["$", "$$", "$1", "$2", "$3", "$=", "see", " ", "x", ":", "#", "=", ";", "$a", "!"]
    made = "".join(rnd.choice(pieces) for _ in range(rnd.randint(1, 6))).strip()
    if rnd.random() < 0.02:
        made += "long" * 80
    return made if made and made[0] not in ":#;" else "t"


def value(rnd):
    kind = rnd.randrange(12)
    if kind < 4:
        return ""
    if kind == 4:
        return rnd.choice([" # c", ";c", "#c", " :", " :0:x", " :256", " :5 x", " ::", ": 5:", " :5#"])
    code = rnd.choice(["2", "3", "4", "127.0.0.5", "127.2", "127.0.6"])
    if kind < 7:
        return f" :{code}"
    if kind < 8:
        return f" :{code}:"
    if kind < 10:
        return f"{rnd.choice([' ', '', chr(9)])}:{code}:{text(rnd)}"
    return f" {text(rnd)}"


def ip4_address(rnd, count=4):
    return ".".join([rnd.choice(["10", "11", "127"])] + [str(rnd.choice(OCTETS)) for _ in range(count - 1)])


def ip4_key(rnd, has_ranges):
    kind = rnd.randrange(10)
    count = rnd.choice([1, 2, 3, 4, 4, 4, 4])
    if kind < 4:
        return ip4_address(rnd, count)
    if kind < 7:
        length = rnd.choice([0, 7, 8, 9, 12, 15, 16, 17, 23, 24, 25, 28, 31, 32])
        address = ip4_address(rnd, count)
        if rnd.random() < 0.8:
            full = ipaddress.ip_network(f"{address}{'.0' * (4 - count)}/{length}", strict=False)
            address = str(full.network_address)
        return f"{address}/{length}"
    if kind < 9 and has_ranges:
        last = rnd.choice([ip4_address(rnd, count), str(rnd.choice(OCTETS))])
        return f"{ip4_address(rnd, count)}-{last}"
    return rnd.choice(["1.2.3.256", "10.1.", "10..1", "x", "10.1.1.1.1", "10.1-", "10/33", "10.1/",
                       "10.0.0.1-2-3", "10.0-1/16", "-", "10.1.1.1,2"])


def ip6_address(rnd):
    words = ["2001"] + [rnd.choice(WORDS) for _ in range(7)]
    if rnd.random() < 0.7:
        words[4:] = ["0"] * 3 + [rnd.choice(WORDS)]
    return ":".join(words)


def ip6_key(rnd):
    kind = rnd.randrange(10)
    if kind < 3:
        return ":".join(ip6_address(rnd).split(":")[:rnd.randint(1, 8)])
    if kind < 5:
        return str(ipaddress.ip_address(ip6_address(rnd)))
    if kind < 9:
        length = rnd.choice([0, 3, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 127, 128])
        strict = ipaddress.ip_network(f"{ip6_address(rnd)}/{length}", strict=False)
        return rnd.choice([str(strict), str(strict), f"{ip6_address(rnd)}/{length}"])
    return rnd.choice(["2001:::9", ":9z", "2001:", "2001:1:", "2001:1:z",
                       "2001:1:1:1:1:1:1:1:", "2001:1:1:1:1:1:1:1:z", "2001:1::1:1:1:1:1:1", "g::", "2001::1.2.3.4", "2001::/129",
                       "2001:1/16", "1:2:3:4:5:6:7:8:9"])


def ip6tset_key(rnd):
    if rnd.random() < 0.8:
        return ":".join(ip6_address(rnd).split(":")[:4])
    return ip6_key(rnd)


def name(rnd):
    return ".".join(rnd.choice(LABELS) for _ in range(rnd.randint(1, 4)))


def dnset_key(rnd):
    made = rnd.choice(["", "", "*.", "."]) + name(rnd)
    if rnd.random() < 0.1:
        made = rnd.choice([made.upper(), made + ".", "*" + made, "*", "*.", ".", "\\097.com",
                           made + "#", "l" * 64, made + ":3:x"])
    return made


def special(rnd):
    mark = rnd.choice(["", "", "#", ";", ":"])
    return mark + rnd.choice([
        f"$1 {text(rnd)}", f"$2 {text(rnd)}", "$1", "$TTL 1h", "$TTL x", "$SOA 1 a b 0 1h 1h 1h 1h",
        "$NS 1h ns.a -ns.b", "$junk", "$10 x", "$ 1 x", "$TIMESTAMP 2001-02-03",
        "$TIMESTAMP 2001:02:03-04 2030-01-01", "$TIMESTAMP 0", "$TIMESTAMP 2001-02-30", "$MAXRANGE4 x"])


def zone(rnd, kind):
    lines = []
    odds = rnd.random()
    for _ in range(rnd.randint(1, 40)):
        draw = rnd.random()
        if draw < 0.05:
            lines.append(special(rnd))
        elif draw < 0.05 + 0.05 * odds:
            lines.append(rnd.choice([":2", ":3:", ":4:def $ $1", ":127.0.0.9:d", ":", ":x", ":5 x"]))
        elif draw < 0.12:
            lines.append(rnd.choice(["", "# c", "; c", "  ", "#", "$= base $= $1 $"][:5 + (odds < 0.2)]))
        elif draw < 0.13:
            lines.append(f"$MAXRANGE4 {rnd.choice(['/8', '/12', '256', '/0'])}")
        else:
            key = {"ip4set": lambda: ip4_key(rnd, True), "ip4trie": lambda: ip4_key(rnd, True),
                   "ip4tset": lambda: rnd.choice([ip4_address(rnd), ip4_key(rnd, True)]),
                   "ip6trie": lambda: ip6_key(rnd), "ip6tset": lambda: ip6tset_key(rnd),
                   "dnset": lambda: dnset_key(rnd)}[kind]()
            bang = rnd.choice(["", "", "", "!", "! "])
            lines.append(rnd.choice(["", "", " "]) + bang + key + value(rnd) + rnd.choice(["", " "]))
    return "\n".join(lines) + rnd.choice(["\n", ""])


def combined(rnd, kind):
    """One dataset among others that say nothing, in a file of several."""
    lines = [rnd.choice(["", "$1 global", "$2 both $", "#$1 mark", "$TTL 5m"]), "$DATASET dnset:other other",
             "$1 not ours", ":5:no", "x.example", f"$DATASET {kind}{rnd.choice(['', ':ours'])} @"]
    return "\n".join(lines) + "\n" + zone(rnd, kind) + \
        rnd.choice(["", "\n$DATASET dnset after\nx.example\n$2 later\n"])


def generic(rnd):
    """Every name has a code for each text."""
    lines = []
    for _ in range(rnd.randint(1, 40)):
        if rnd.random() < 0.1:
            lines.append(rnd.choice(["# c", "$TTL 5m", "$1 x", "x", "x A", "x AAAA ::1", "..  A 127.0.0.2", ""]))
            continue
        asked = rnd.choice([key(rnd, "ip4"), key(rnd, "ip6"), name(rnd), name(rnd).upper()])
        try:
            asked = ".".join(ipaddress.ip_address(asked).reverse_pointer.split(".")[:-2])
        except ValueError:
            pass
        ttl = rnd.choice(["", "", " 5m", " 1", " IN", " 60 in"])
        lines.append(f"{asked}{ttl} A 127.0.0.{rnd.randint(2, 4)}")
        if rnd.random() < 0.5:
            what = rnd.choice(["one", '"two words"', "$ is $1", 'a "b"', '"$$"'])
            lines.append(f"{asked}{ttl} TXT {what}")
    return "\n".join(lines) + "\n"


def key(rnd, kind):
    if kind == "generic":
        kind = rnd.choice(["ip4", "ip6", "names"])
    if kind.startswith("ip4"):
        made = ip4_address(rnd)
        return made if made != "127.0.0.1" else "127.0.0.2"  # never listed by us
    if kind.startswith("ip6"):
        return str(ipaddress.ip_address(ip6_address(rnd)))
    return name(rnd)


class Rbldnsd:
    """One process that serves all the zones."""

    def __init__(self, program, zones, folder):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        arguments = [f"{apex}:{kind}:{folder}/{apex}" for apex, kind, _ in zones]
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        self.log = open(f"{folder}/log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [program, "-n", "-a", "-c", "0", *user, "-w", folder, "-b", f"127.0.0.1/{port}", *arguments],
            stdout=self.log, stderr=self.log)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.number = 0
        self.wait()

    def wait(self):
        self.socket.settimeout(0.1)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.exchange([b"x"], 1)
                break
            except (socket.timeout, ConnectionError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.log.seek(0)
                    raise SystemExit("rbldnsd does not answer:\n" + self.log.read())
                time.sleep(0.02)
        self.socket.settimeout(5)

    def exchange(self, labels, qtype):
        """The data of the answer records."""
        wire = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
        self.number = (self.number + 1) & 0xffff
        self.socket.send(struct.pack(">6H", self.number, 0, 1, 0, 0, 1) + wire +
                         struct.pack(">2H", qtype, 1) + b"\0\0\x29\x08\0\0\0\0\0\0\0")
        reply = self.socket.recv(4096)
        while struct.unpack(">H", reply[:2])[0] != self.number:
            reply = self.socket.recv(4096)  # late: of a question that wait() gave up
        count = struct.unpack(">H", reply[6:8])[0]
        at, found = 12 + len(wire) + 4, []
        for _ in range(count):
            rtype, _, _, size = struct.unpack(">HHIH", reply[at + 2:at + 12])
            data = reply[at + 12:at + 12 + size]
            at += 12 + size
            found.append(".".join(map(str, data)) if rtype == 1 else data[1:].decode("latin1"))
        return set(found)

    def ask(self, apex, asked):
        try:
            labels = ipaddress.ip_address(asked).reverse_pointer.split(".")[:-2]
        except ValueError:
            labels = asked.split(".")
        labels = [label.encode() for label in labels] + [apex.encode()]
        return self.exchange(labels, 1), self.exchange(labels, 16)

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        self.log.close()


def ours(ask, kind, path, keys, *options):
    """What our dataset says: a pair of sets for each key."""
    done = subprocess.run([ask, "-k", f"rbldnsd-{kind}", path, *options], input="\n".join(keys),
                          capture_output=True, encoding="latin1", check=True)
    found = []
    for line in done.stdout.split("\n")[:-1]:
        codes, texts = set(), set()
        for listing in line.split("\t")[1:]:
            code, what = listing.split(" ", 1)
            codes.add("127.0.0.2" if code == "-" else code)
            if what.startswith('"'):
                texts.add(what[1:-1])
        found.append((codes, texts))
    return found


def is_same(theirs, mine):
    """Texts are cut at 254 bytes by rbldnsd, at 255 by us, and not at the same place of a template."""
    if theirs[0] != mine[0] or len(theirs[1]) != len(mine[1]):
        return False
    for one, other in zip(sorted(theirs[1]), sorted(mine[1])):
        if one != other and not (min(len(one), len(other)) > 200 and one[:150] == other[:150]):
            return False
    return True


def main():
    ask, program = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    rnd = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    compared, listed = 0, {}
    for _ in range(rounds):
        folder = tempfile.mkdtemp(prefix="reputed-compare-")
        os.chmod(folder, 0o755)
        kinds = ["ip4set", "ip4trie", "ip4tset", "ip6trie", "ip6tset", "dnset"]
        zones = [(f"z{i}", kinds[i % 6], zone(rnd, kinds[i % 6])) for i in range(60)]
        zones += [(f"c{i}", "combined", combined(rnd, kinds[i % 6])) for i in range(30)]
        zones += [(f"g{i}", "generic", generic(rnd)) for i in range(10)]
        for apex, _, content in zones:
            with open(f"{folder}/{apex}", "w", encoding="utf-8") as file:
                file.write(content)
        server = Rbldnsd(program, zones, folder)
        try:
            for apex, kind, content in zones:
                of_keys = kinds[int(apex[1:]) % 6] if kind == "combined" else kind
                keys = [key(rnd, of_keys) for _ in range(KEYS_EACH)]
                options = ["dataset=2"] if kind == "combined" else []
                for asked, mine in zip(keys, ours(ask, kind, f"{folder}/{apex}", keys, *options)):
                    theirs = server.ask(apex, asked)
                    compared += 1
                    listed[kind] = listed.get(kind, 0) + bool(theirs[0])
                    if not is_same(theirs, mine):
                        print(f"{kind} {asked}: rbldnsd {theirs}, ours {mine}\n--\n{content}\n--")
                        return 1
        finally:
            server.close()
            shutil.rmtree(folder)
    print(f"{compared} answers are the same, of them listed: {listed}")
    return 0 if len(listed) == 8 and all(listed.values()) and sum(listed.values()) > compared / 20 else 1


if __name__ == "__main__":
    sys.exit(main())
