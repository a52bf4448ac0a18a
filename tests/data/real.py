# SPDX-License-Identifier: BSD-3-Clause
"""The real data of fetch.sh, as feeds in formats of ours and, read independently of them, as what
must be answered.

    data = real.Libloc(folder)                # writes its feeds into the folder
    data.config()                             # its lists and its zone, YAML
    data.samples(random.Random(1), 1000)      # [(name, type, answer)], answer as asker.py tells it
"""
import bisect
import csv
import ctypes
import ipaddress
import json
import os
import random
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "feeds"))

import make_mmdb  # noqa: E402

DIRECTORY = os.environ.get("REPUTED_DATA_DIR") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "build-data")
# What is announced or has a country has the canaries, and covers most of IPv4.
GUARDS = ("guards: {errors: 0, widest4: 0, widest6: 0, coverage4: 1, bogons: keep, "
          "canaries: false}")
NONE = "NXDOMAIN"


def reverse(address):
    """The labels to ask for, of an ipaddress."""
    return address.reverse_pointer.rpartition(".")[0].rpartition(".")[0]


def around(first, last, version, random):
    """An address in or beside a range."""
    kind = random.randrange(5)
    number = (first, last, first - 1, last + 1, random.randint(first, last))[kind]
    make = (ipaddress.IPv4Address, ipaddress.IPv6Address)[version == 6]
    return make(min(max(number, 0), 2 ** make(0).max_prefixlen - 1))


def random_of(name):
    """The same for everybody who asks for this name."""
    return random.Random(name)


def read_ranges(file):
    """Of the CSV of asn: (first, last, system), without those that overlap one before."""
    end = -1
    for row in csv.reader(file):
        first, last = int(ipaddress.ip_address(row[0])), int(ipaddress.ip_address(row[1]))
        if end < first <= last:
            yield first, last, int(row[2])
            end = last


def is_never_listed(address):
    """127.0.0.1, and what is there to test with (RFC 5782), are no business of the data."""
    return address.version == 4 and address in ipaddress.IPv4Network("127.0.0.0/8") \
        or address.version == 6 and address in ipaddress.IPv6Network("::/80")


class Data:
    """name: that of the zone; package: the folder of fetch.sh"""

    name = package = None

    def __init__(self, folder):
        self.folder = folder
        self.lists = []  # (name, file, format, code or None, more of feed)
        self.read(os.path.join(DIRECTORY, self.package))

    @classmethod
    def is_there(cls):
        return os.path.exists(os.path.join(DIRECTORY, cls.package, ".complete"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def config(self):
        rows = []
        for name, path, kind, code, more in self.lists:
            rows.append(f"  - {{name: {name}, feed: {{path: {path}, format: {kind}, {GUARDS}"
                        f"{more}}}, code: {code or '127.0.0.2'}}}")
        return ("lists:\n" + "\n".join(rows) + f"\nzones:\n  - {{name: {self.name}.test, lists: "
                f"[{', '.join(row[0] for row in self.lists)}]}}\n")


    def sizes(self):
        """How many entries a list must have come to, where that is known: name -> count."""
        return {}


class Libloc(Data):
    """Every network of libloc's database with its country as code and its system as text; what must
    be answered is what libloc's own look-up says."""

    name, package = "libloc", "libloc"

    def read(self, package):
        root = os.path.join(package, "usr")
        library = next(os.path.join(folder, "libloc.so.1") for folder, _, names in
                       os.walk(os.path.join(root, "lib")) if "libloc.so.1" in names)
        ctypes.CDLL(library, ctypes.RTLD_GLOBAL)  # the module finds it by its name
        sys.path.insert(0, os.path.join(root, "lib", "python3", "dist-packages"))
        import _location  # pylint: disable=import-error,import-outside-toplevel
        self.database = _location.Database(
            os.path.join(root, "share", "libloc-location", "location.db"))
        self.networks, self.count = [], {4: 0, 6: 0}
        with open(self.path("libloc4.txt"), "w", encoding="ascii") as four, \
                open(self.path("libloc6.txt"), "w", encoding="ascii") as six:
            for network in self.database.networks:
                text = str(network)
                version = 6 if ":" in text else 4
                line = f"{self.full(text) if version == 6 else text} " \
                       f":{self.code(network)}:{self.text(network)}\n"
                (six if version == 6 else four).write(line)
                self.networks.append(text)
                self.count[version] += 1
        self.lists = [("libloc4", self.path("libloc4.txt"), "rbldnsd-ip4trie", None, ""),
                      ("libloc6", self.path("libloc6.txt"), "rbldnsd-ip6trie", None, "")]

    def sizes(self):
        return {"libloc4": self.count[4], "libloc6": self.count[6]}

    @staticmethod
    def full(text):
        """rbldnsd knows no '::': as many words as the length needs."""
        network, _, length = text.partition("/")
        words = ipaddress.IPv6Address(network).exploded.split(":")
        return ":".join(words[:max(1, -(-int(length) // 16))]) + "/" + length

    @staticmethod
    def code(network):
        country = network.country_code or "??"
        return f"127.0.{ord(country[0])}.{ord(country[1])}"

    @staticmethod
    def text(network):
        return f"AS{network.asn or 0}"

    def answer(self, address, kind):
        network = self.database.lookup(str(address))
        if network is None:
            return NONE
        return "NOERROR " + (self.code(network) if kind == "A" else self.text(network))

    def samples(self, random, count):
        rows = []
        while len(rows) < count:
            if len(rows) % 4 == 0:
                address = ipaddress.IPv4Address(random.getrandbits(32))
            else:
                network = ipaddress.ip_network(random.choice(self.networks))
                address = around(int(network[0]), int(network[-1]), network.version, random)
            if is_never_listed(address):
                continue
            kind = "TXT" if len(rows) % 8 == 1 else "A"
            rows.append((reverse(address) + ".libloc.test", kind, self.answer(address, kind)))
        return rows


class Intervals:
    """Ranges that may overlap: which of them cover an address, by a walk that knows no tree."""

    def __init__(self, ranges):
        self.merged = []
        for first, last in sorted(ranges):
            if self.merged and first <= self.merged[-1][1] + 1:
                self.merged[-1][1] = max(self.merged[-1][1], last)
            else:
                self.merged.append([first, last])
        self.firsts = [first for first, _ in self.merged]

    def __contains__(self, number):
        at = bisect.bisect_right(self.firsts, number) - 1
        return at >= 0 and number <= self.merged[at][1]


class Asn(Data):
    """Ranges of addresses that some autonomous system announces, and those of one system."""

    name, package, system = "asn", "asn", 16509

    def read(self, package):
        self.ranges, self.all, self.some = {}, {}, {}
        for version in (4, 6):
            path = os.path.join(package, f"asn-ipv{version}.csv")
            with open(path, encoding="utf-8", newline="") as file:
                rows = [(int(ipaddress.ip_address(row[0])), int(ipaddress.ip_address(row[1])),
                         int(row[2])) for row in csv.reader(file)]
            self.ranges[version] = rows
            self.all[version] = Intervals((first, last) for first, last, _ in rows)
            self.some[version] = Intervals((first, last) for first, last, asn in rows
                                           if asn == self.system)
            columns = 'column: "1", last: "2"'
            self.lists.append((f"asn{version}", path, "csv", None, f", options: {{{columns}}}"))
            self.lists.append((f"one{version}", path, "csv", "127.0.0.3",
                               f", options: {{{columns}, where: [\"3={self.system}\"]}}"))

    def sizes(self):
        return {f"asn{version}": len(rows) for version, rows in self.ranges.items()} | {
            f"one{version}": sum(row[2] == self.system for row in rows)
            for version, rows in self.ranges.items()}

    def answer(self, address):
        version, number = address.version, int(address)
        codes = ["127.0.0.2"] * (number in self.all[version]) + \
            ["127.0.0.3"] * (number in self.some[version])
        return " ".join(["NOERROR", *codes]) if codes else NONE

    def samples(self, random, count):
        one = {version: [row for row in rows if row[2] == self.system]
               for version, rows in self.ranges.items()}
        rows = []
        while len(rows) < count:
            version = 6 if len(rows) % 3 == 0 else 4
            where = one if len(rows) % 5 == 0 else self.ranges
            first, last, _ = random.choice(where[version])
            address = around(first, last, version, random)
            if not is_never_listed(address):
                rows.append((reverse(address) + ".asn.test", "A", self.answer(address)))
        return rows


class AsnTree(make_mmdb.Tree):
    """An MMDB of half a million ranges, made in a minute."""

    def __init__(self):
        super().__init__(6)
        self.root4 = self.descend("0" * 96)

    def add_network(self, version, first, length, record):
        width, node = (32, self.root4) if version == 4 else (128, 0)
        for at in range(width - 1, width - length, -1):
            side = first >> at & 1
            below = self.nodes[node][side]
            if below is None:
                below = len(self.nodes)
                self.nodes.append([None, None])
                self.nodes[node][side] = below
            node = below
        self.nodes[node][first >> width - length & 1] = record

    def add_range(self, version, first, last, number):
        record = self.store({"autonomous_system_number": number})
        while first <= last:
            free = (first & -first).bit_length() - 1 if first else 128
            size = min(free, (last - first + 1).bit_length() - 1)
            self.add_network(version, first, (32 if version == 4 else 128) - size, record)
            first += 1 << size


class AsnDrop(Data):
    """ASN-DROP as long as the real one, joined with an MMDB of all systems that is made of the CSV;
    what must be answered is what the ranges of the CSV say."""

    name, package, count = "asndrop", "asn", 430

    def read(self, package):
        ranges, numbers = {}, set()
        for version in (4, 6):
            path = os.path.join(package, f"asn-ipv{version}.csv")
            with open(path, encoding="utf-8", newline="") as file:
                ranges[version] = [row for row in read_ranges(file)]
            numbers |= {row[2] for row in ranges[version]}
        self.numbers = set(random_of(self.name).sample(sorted(numbers), self.count - 1)) | {16509}
        self.ranges = {version: [row for row in rows if row[2] in self.numbers]
                       for version, rows in ranges.items()}
        self.listed = {version: Intervals((first, last) for first, last, _ in rows)
                       for version, rows in self.ranges.items()}
        self.all = ranges
        database = self.path("asn.mmdb")
        self.write_database(database)
        with open(self.path("asndrop.json"), "w", encoding="utf-8") as file:
            for number in sorted(self.numbers):
                file.write(json.dumps({"asn": number, "rir": "arin", "domain": "example.com",
                                       "cc": "ZZ", "asname": f"NAME-{number}"}) + "\n")
            file.write(json.dumps({"type": "metadata", "timestamp": 1790072042,
                                   "records": len(self.numbers)}) + "\n")
        self.lists = [("asndrop", self.path("asndrop.json"), "spamhaus-asndrop-json", None,
                       f", options: {{asn_database: {database}}}")]

    def write_database(self, path):
        tree = AsnTree()
        for version, rows in self.all.items():
            for first, last, number in rows:
                tree.add_range(version, first, last, number)
        with open(path, "wb") as file:
            file.write(tree.dump("real-asn"))
        # That the database says what the CSV says is for somebody else to tell.
        if not shutil.which("mmdblookup"):
            return
        chosen = random_of("database")
        for _ in range(200):
            version = chosen.choice((4, 6))
            address = around(*chosen.choice(self.all[version])[:2], version, chosen)
            run = subprocess.run(["mmdblookup", "-f", path, "-i", str(address),
                                  "autonomous_system_number"], check=False, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            found = run.stdout.split()
            is_listed = bool(found) and int(found[0]) in self.numbers
            if is_listed != (int(address) in self.listed[version]):
                raise RuntimeError(f"{address}: mmdblookup says {found}")

    def answer(self, address):
        is_listed = int(address) in self.listed[address.version]
        return "NOERROR 127.0.0.2" if is_listed else NONE

    def samples(self, random, count):
        rows = []
        while len(rows) < count:
            version = 6 if len(rows) % 3 == 0 else 4
            where = self.ranges if len(rows) % 2 else self.all
            first, last, _ = random.choice(where[version])
            address = around(first, last, version, random)
            if not is_never_listed(address):
                rows.append((reverse(address) + ".asndrop.test", "A", self.answer(address)))
        return rows


class Domains(Data):
    """Domains of throw-away mail addresses, with all below them."""

    name, package = "domains", "domains"

    def read(self, package):
        self.names = []
        for name in ("index.json", "wildcard.json"):
            with open(os.path.join(package, name), encoding="utf-8") as file:
                self.names += json.load(file)
        with open(self.path("domains.txt"), "w", encoding="utf-8") as file:
            file.writelines(name + "\n" for name in self.names)
        # A few are there in letters of their language and as A-labels.
        self.names = [name.encode("idna").decode() for name in self.names]
        self.set = set(self.names)
        self.lists = [("domains", self.path("domains.txt"), "domains", None, "")]

    def sizes(self):
        return {"domains": len(self.set)}

    def answer(self, name):
        labels = name.split(".")
        if any(".".join(labels[i:]) in self.set for i in range(len(labels))):
            return "NOERROR 127.0.0.2"
        return "NOERROR" if name in self.above else NONE

    @property
    def above(self):
        """Names that have something listed below them: they exist."""
        if not hasattr(self, "_above"):
            self._above = {".".join(name.split(".")[i:]) for name in self.names
                           for i in range(1, name.count(".") + 1)}
        return self._above

    def samples(self, random, count):
        changes = (lambda name: name, lambda name: "a." + name, lambda name: "b.c-d.e." + name,
                   lambda name: "x" + name, lambda name: name[1:].lstrip("-") or name,
                   lambda name: name + ".invalid-ending", lambda name: name.partition(".")[2],
                   lambda name: name.partition(".")[0] + ".com")
        names = [random.choice(changes)(random.choice(self.names)) for _ in range(2 * count)]
        fit = [name for name in names if len(name) < 200 and not name.startswith(".")
               and all(0 < len(label) < 64 for label in name.split("."))]
        return [(name + ".domains.test", "A", self.answer(name)) for name in fit[:count]]


class Country(Data):
    """The networks of some countries in an MMDB; what must be answered is what mmdblookup says."""

    name, package, countries = "country", "country", ("NO", "CH", "JP", "KE")

    def read(self, package):
        self.database = os.path.join(package, "iptoasn-country.mmdb")
        quoted = ", ".join(f'"{country}"' for country in self.countries)
        self.lists = [("country", self.database, "mmdb", None,
                       f", options: {{country: [{quoted}]}}")]

    def answer(self, address):
        run = subprocess.run(["mmdblookup", "-f", self.database, "-i", str(address),
                              "country_code"], check=False, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
        is_listed = any(f'"{country}"' in run.stdout for country in self.countries)
        return "NOERROR 127.0.0.2" if is_listed else NONE

    def samples(self, random, count):
        """Half of them where those countries have much: else a random address is hardly listed."""
        much = [ipaddress.ip_network(text) for text in
                ("84.208.0.0/13", "126.0.0.0/8", "133.0.0.0/8", "178.192.0.0/14", "105.160.0.0/12",
                 "2001:200::/23", "2a02:1200::/27")]
        rows = []
        while len(rows) < count:
            network = random.choice(much)
            address = around(int(network[0]), int(network[-1]), network.version, random)
            if len(rows) % 2:
                address = ipaddress.IPv4Address(random.getrandbits(32))
            if not is_never_listed(address):
                rows.append((reverse(address) + ".country.test", "A", self.answer(address)))
        return rows


ALL = (Libloc, Asn, AsnDrop, Domains, Country)
