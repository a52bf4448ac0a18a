# SPDX-License-Identifier: BSD-3-Clause
"""reputectl migrate: command lines of rbldnsd, what they become, and that it passes 'check'. TAP.

usage: test_migrate.py BUILD_DIRECTORY
"""
import json
import os
import subprocess
import sys
import tempfile

import netns

SOA = "$SOA 1w ns1.ex.com admin.ex.com 0 2h 2h 1w 1h\n"
FILES = {
    "spam": SOA + "$NS 1w ns1.ex.com -ns2.ex.com ns3.ex.com\n$TTL 10m\n:2:Spam $\n10.1.2.3\n",
    "names": ":3:\n.spam.example\n",
    "late": "#$TTL 3s\n10.1.2.3\n$TTL 2m\n",
    "many-ns": "$NS 1 " + " ".join(f"ns{i}.ex.com" for i in range(9)) + "\n10.1.2.3\n",
    "bad-soa": "$SOA 1w ns1.ex.com\n10.1.2.3\n",
    "zero-soa": "$SOA 0 ns1.ex.com admin.ex.com 0 0 0 0 0\n10.1.2.3\n",
    "combined": "$TTL 5m\n" + SOA + "$DATASET ip4set:proxy proxies @  # c\n10.0.0.2\n"
                "$DATASET ip4set relays @\n$TTL 1m\n10.0.2.10\n"
                "$DATASET generic:common proxies @\n@ A 127.0.0.8\n"
                "$DATASET ip4set:7 only.SUB\n10.0.0.3\n",
    "odd-combined": "$DATASET acl:x @\n$DATASET dnset:a b..c\n$DATASET foo:x @\n",
    "generic": "www A 192.0.2.1\n@ MX 10 mx.ex.com\n",
    "bad-generic": "www A 1\n",
    "acl": "10/8 :pass\n0/0 :refuse\n",
    "bad-acl": "10/8 :nonsense:\n",
    "odd \"name\"": "10.1.2.3\n",
    ".hidden": "10.1.2.3\n",
}

# A command line, the exit status, and what the configuration must have; "!" what it must not.
GOOD = [
    ("the usual one", "-n -b 127.0.0.1/530 bl.ex:ip4set:spam", 0,
     ['"127.0.0.1:530"', "format: rbldnsd-ip4set", "ttl: 600", "negative_ttl: 3600", "refresh: 60s",
      'ns: ["ns1.ex.com", "ns3.ex.com"]    # $NS', 'mname: "ns1.ex.com"', "guards: {bogons: keep}", "expired: servfail",
      'from: "0.0.0.0/0", action: allow']),
    ("the program's name in front", "/usr/sbin/rbldnsd -b ::1 bl.ex:ip4set:spam", 0, ['"[::1]:53"']),
    ("options in one word, values glued", "-naf -b127.0.0.1/domain bl.ex:dnset:names -c5m", 0,
     ['"127.0.0.1:53"', "refresh: 300s", "ttl: 2100", "! adds NS"]),
    ("no $SOA", "-a -b 127.0.0.1 bl.ex:dnset:names", 0, ["no $SOA", "!negative_ttl: ", "ttl: 2100    # what rbldnsd has"]),
    ("default TTL", "-t 10m -b 127.0.0.1 bl.ex:dnset:names", 0, ["ttl: 600    # -t"]),
    ("a TTL in the data is clamped", "-t 1m::2m -b 127.0.0.1 bl.ex:ip4set:spam", 0, ["ttl: 120    # $TTL"]),
    ("the last $TTL counts", "-b 127.0.0.1 bl.ex:ip4set:late", 0, ["ttl: 120"]),
    ("several types for a zone", "-b 127.0.0.1 bl.ex:ip4set:spam bl.ex:dnset:names", 0,
     ['lists: ["spam", "names"]', "different TTLs", "ttl: 600"]),
    ("several files for a dataset", "-b 127.0.0.1 bl.ex:ip4set:spam,late:zero-soa", 0,
     ['lists: ["spam", "late", "zero-soa"]', "each file of a dataset"]),
    ("a dataset for two zones is one list", "-b 127.0.0.1 a.ex:ip4set:spam B.ex.:ip4set:spam", 0,
     ['name: "b.ex"', '!"spam-2"']),
    ("a file as two types is two lists", "-b 127.0.0.1 a.ex:ip4set:spam a.ex:ip4trie:spam", 0,
     ['lists: ["spam", "spam-2"]']),
    ("combined", "-b 127.0.0.1 bl.ex:combined:combined", 3,
     ['options: {dataset: "proxy"}', 'options: {dataset: "2"}', 'options: {dataset: "4"}',
      'name: "proxies.bl.ex"', 'name: "only.sub.bl.ex"', "NOT CARRIED OVER"]),
    ("combined with what is not known", "-b 127.0.0.1 bl.ex:combined:odd-combined", 3,
     ["'foo' is not known", "'b..c' is no domain name"]),
    ("generic beside lists", "-b 127.0.0.1 bl.ex:ip4set:spam bl.ex:generic:generic", 0,
     ['generic"', "records: ", "ttl: 600"]),
    ("generic alone", "-b 127.0.0.1 bl.ex:generic:generic", 0, ["manual: true", "records: "]),
    ("a generic that records do not take", "-b 127.0.0.1 bl.ex:generic:bad-generic", 3,
     ["format: rbldnsd-generic", "!records: "]),
    ("two generics", "-b 127.0.0.1 bl.ex:generic:generic bl.ex:generic:acl", 3, ["one file of records"]),
    ("a global acl", "-b 127.0.0.1 bl.ex:ip4set:spam :acl:acl", 0, ["access_file: ", "!action: allow"]),
    ("an acl for one zone of two", "-b 127.0.0.1 b.ex:dnset:names bl.ex:ip4set:spam bl.ex:acl:acl", 0,
     ['\n    access_file: "ROOT/acl"', "!\naccess_file: ", '{from: "0.0.0.0/0", action: allow}']),
    ("an acl for one zone and one for all", "-b 127.0.0.1 bl.ex:ip4set:spam bl.ex:acl:acl :acl:acl", 0,
     ['\n    access_file: "ROOT/acl"', '\naccess_file: "ROOT/acl"']),
    ("a bad acl for a zone lets only our own in", "-b 127.0.0.1 bl.ex:ip4set:spam bl.ex:acl:bad-acl", 3,
     ['\n    access:\n      - {from: "127.0.0.0/8", action: allow}', "!access_file: ", "is not used"]),
    ("an acl holds for subzones", "-b 127.0.0.1 bl.ex:acl:acl bl.ex:combined:combined", 3,
     ['lists: ["combined-2"]\n    ttl: 300    # $TTL\n    negative_ttl: 3600    # minimum of $SOA\n'
      '    soa: {mname: "ns1.ex.com", rname: "admin.ex.com", refresh: 7200s, retry: 7200s, expire: 604800s}    # $SOA\n'
      '    access_file: "ROOT/acl"']),
    ("two acls for a zone", "-b 127.0.0.1 bl.ex:ip4set:spam bl.ex:acl:acl bl.ex:acl:bad-acl", 3,
     ["only one file of an acl", '\n    access_file: "ROOT/acl"', "!bad-acl\""]),
    ("an acl that is not there lets nobody in", "-b 127.0.0.1 bl.ex:ip4set:spam :acl:none", 3,
     ["!access_file: ", "!action: allow", "is not used"]),
    ("a file that is not there", "-b 127.0.0.1 bl.ex:ip4set:none", 3, ["No such file"]),
    ("too many name servers", "-b 127.0.0.1 bl.ex:ip4set:many-ns", 3, ["more than 8"]),
    ("a bad $SOA", "-b 127.0.0.1 bl.ex:ip4set:bad-soa", 3, ["bad $SOA"]),
    ("a $SOA of zeros", "-b 127.0.0.1 bl.ex:ip4set:zero-soa", 0, ["negative_ttl: 0", "!refresh: 0"]),
    ("a name to listen on", "-b localhost -b 127.0.0.1 bl.ex:ip4set:spam", 3, ["-b localhost"]),
    ("IPv4 only", "-4 -b ::1 -b 127.0.0.1 bl.ex:ip4set:spam", 3, ["-b ::1", '!"[::1]']),
    ("no watching", "-c 0 -b 127.0.0.1 bl.ex:ip4set:spam", 0, ["-c 0", "!beside being told"]),
    ("without version", "-vv -b 127.0.0.1 bl.ex:ip4set:spam", 0, ['identity: {version: ""}']),
    ("the program's name as version", "-v -b 127.0.0.1 bl.ex:ip4set:spam", 0, ['"rbldnsd"}']),
    ("logs and statistics", "-l+log -s stats -b 127.0.0.1 bl.ex:ip4set:spam", 3, ["-l: ", "-s: "]),
    ("a dump", "-d bl.ex:ip4set:spam", 0, ["listen: []", "reputectl dump"]),
    ("host bits", "-e -b 127.0.0.1 bl.ex:ip4set:spam", 3, ["NOT CARRIED OVER: -e"]),
    ("chroot and folder", "-r ROOT -w / -b 127.0.0.1 bl.ex:ip4set:spam", 0, ['path: "ROOT/spam"']),
    ("a path in a chroot", "-r ROOT/ -b 127.0.0.1 bl.ex:ip4set:/spam", 0, ['path: "ROOT/spam"']),
    ("a folder", "-w .. -b 127.0.0.1 bl.ex:ip4set:ROOT/spam", 0, ['/../', '/spam"']),
    ("the fork's type", "-b 127.0.0.1 bl.ex:dnhash:names", 0, ["rbldnsd-dnhash"]),
]

BAD = [
    ("nothing", "", "no zone"),
    ("no address", "bl.ex:ip4set:spam", "needs -b"),
    ("no such option", "-Z -b 127.0.0.1 bl.ex:ip4set:spam", "no option -Z"),
    ("a value is missing", "bl.ex:ip4set:spam -b", "-b needs a value"),
    ("no such type", "-b 127.0.0.1 bl.ex:ipset:spam", "no type"),
    ("no type", "-b 127.0.0.1 bl.ex", "expected zone:type:file"),
    ("no file", "-b 127.0.0.1 bl.ex:ip4set:,", "no file"),
    ("no zone", "-b 127.0.0.1 :ip4set:spam", "no domain name"),
    ("a zone that is no name", "-b 127.0.0.1 a..b:ip4set:spam", "no domain name"),
    ("a bad TTL", "-t 1y -b 127.0.0.1 bl.ex:ip4set:spam", "not a time"),
    ("four TTLs", "-t 1:1:1:1 -b 127.0.0.1 bl.ex:ip4set:spam", "DEFAULT:MIN:MAX"),
    ("rbldnsd's own start-up error", "-t ::15m -b 127.0.0.1 bl.ex:ip4set:spam", "between the limits"),
    ("a bad interval", "-c often -b 127.0.0.1 bl.ex:ip4set:spam", "not a time"),
    ("too many addresses", "-b 127.0.0.1 " * 21 + "bl.ex:ip4set:spam", "more than 20"),
    ("help", "-h", "help"),
]


class Migration:
    def __init__(self, build, folder):
        self.reputectl = os.path.join(build, "reputectl")
        self.folder = folder

    def run(self, words, *options):
        return subprocess.run([self.reputectl, *options, "migrate", "rbldnsd", "--", *words], text=True,
                              check=False, capture_output=True, cwd=self.folder, timeout=netns.DEADLINE_S)

    def check(self, text):
        path = os.path.join(self.folder, "out.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return subprocess.run([self.reputectl, "check", path], text=True, check=False, capture_output=True)


def check_good(migration, checks):
    for reason, line, status, wanted in GOOD:
        line = line.replace("ROOT", migration.folder)
        if reason == "a folder":
            line = line.replace(migration.folder, os.path.basename(migration.folder))
        done = migration.run(line.split())
        checks.is_equal(done.returncode, status, f"{reason}: exit status ({done.stderr.strip()!r})")
        checked = migration.check(done.stdout)
        checks.is_equal(checked.returncode, 0, f"{reason}: passes check ({checked.stderr!r})")
        body = done.stdout.split("\ndataplane:", 1)
        for text in wanted:
            text = text.replace("ROOT", migration.folder)
            if text[0] == "!":
                checks.is_true(text[1:] not in body[-1], f"{reason}: has no {text[1:]!r}")
            else:
                checks.is_true(text in done.stdout, f"{reason}: has {text!r}")
        checks.is_equal("not carried over" in done.stderr, status == 3, f"{reason}: what is lost is told")


def check_bad(migration, checks):
    for reason, line, error in BAD:
        done = migration.run(line.split())
        checks.is_equal(done.returncode, 2, f"{reason}: exit status")
        checks.is_true(error in done.stderr, f"{reason}: '{error}' in {done.stderr!r}")
        checks.is_equal(done.stdout, "", f"{reason}: nothing is printed")
        answer = json.loads(migration.run(line.split(), "--json").stdout)
        checks.is_true(not answer["ok"] and error in answer["error"], f"{reason}: the same as JSON")


def check_rest(migration, checks):
    words = ["-b", "127.0.0.1", "bl.ex:ip4set:odd \"name\",.hidden"]
    done = migration.run(words)
    checks.is_equal(migration.check(done.stdout).returncode, 0, "odd file names")
    checks.is_true('name: "odd--name-"' in done.stdout and 'name: "hidden"' in done.stdout, "... as list names")
    answer = json.loads(migration.run(["-b", "127.0.0.1", "bl.ex:ip4set:none"], "--json").stdout)
    checks.is_equal((answer["ok"], answer["complete"]), (True, False), "--json says whether all is there")
    checks.is_true([n for n in answer["notes"] if n["lost"] and "none" in n["text"]], "... and what is not")
    checks.is_equal(migration.check(answer["yaml"]).returncode, 0, "... and has the configuration")
    done = subprocess.run([migration.reputectl, "migrate", "rbldnsd"], text=True, capture_output=True, check=False)
    checks.is_equal((done.returncode, "needs '--'" in done.stderr), (2, True), "without --")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([migration.reputectl, "migrate", "rbldnsd", "--", "-b", "127.0.0.1",
                               "bl.ex:ip4set:x"], stdout=full, stderr=subprocess.PIPE, check=False)
    checks.is_equal(done.returncode, 1, "output that cannot be written")


def main(build):
    checks = netns.Checks()
    with tempfile.TemporaryDirectory(prefix="reputed-smoke-") as folder:
        for name, text in FILES.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        migration = Migration(build, folder)
        for check in (check_good, check_bad, check_rest):
            with checks.group(check.__name__):
                check(migration, checks)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
