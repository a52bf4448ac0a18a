# SPDX-License-Identifier: BSD-3-Clause
"""A place to run a real mail server or resolver against reputed, and nothing of it stays.

The test becomes process 1 of its own network, mount, process and host name namespaces: whatever it
starts dies with it. The packages it names lie over /usr, /etc and /var, unpacked and not installed;
what is written there goes to memory. SMTP sessions come from a second network namespace, which has
all of ADDRESSES: a listed client is really listed. Configuration comes from the named code blocks of
docs/clients/CLIENT.md: what is documented is what is tested.

    def test(box, checks):
        box.write("/etc/unbound.conf", box.block("unbound.conf"))
        box.start("unbound", "-d", "-c", "/etc/unbound.conf")
        checks.is_equal(box.ask("1.2.0.192.bl.example"), "NOERROR 127.0.0.9", "a listed address")

    lab.main("unbound", ["unbound"], test)
"""
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys

import dns.exception
import dns.message
import dns.query

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "smoke"))
import netns  # pylint: disable=wrong-import-position

DEADLINE_S = 280  # of one test
FOLDER = "/run/lab"
HOST = "mail.example"
CLEAN = "203.0.113.9"       # in no list
RANGE = "192.0.2.77"        # in a listed /24, 127.0.0.9
SINGLE = "198.51.100.7"     # a listed address, 127.0.0.6
BOTH = "198.51.100.8"       # listed, and allowed too
DYNAMIC = "203.0.113.40"    # 127.0.0.10
TWICE = "203.0.113.41"      # dynamic, and sent spam: 127.0.0.6 and 127.0.0.10
KNOWN = "192.0.2.78"        # in the listed /24; known, but not trusted: 127.0.5.0
SINGLE6 = "2001:db8:bad::25"
CLEAN6 = "2001:db8:900d::25"
ADDRESSES = [CLEAN, RANGE, SINGLE, BOTH, DYNAMIC, TWICE, KNOWN, SINGLE6, CLEAN6]
SERVER, SERVER6 = "10.25.0.1", "fd25::1"
ROUTER, ROUTER6 = "10.25.0.2", "fd25::2"

FILES = {
    "drop": "192.0.2.0/24\n",
    "spam": "198.51.100.7\n198.51.100.8\n203.0.113.41\n2001:db8:bad::25\n",
    "dynamic": "203.0.113.40\n203.0.113.41\n",
    "domains": "bad.example\n.worse.example\n",
    "partners": "198.51.100.8\n",
    "known": "192.0.2.78\n",
}
HEAD = """\
state_dir: state
control_socket: control.sock
dataplane:
  socket: dataplane.sock
  listen: [{listen}]
"""
# Pages with a block 'reputed.yaml' have lists and zones of their own.
CONFIG = """\
lists:
  - {name: drop, feed: {path: feeds/drop, format: plain}, code: 127.0.0.9, bit: 2, text: "$ is in a hijacked network"}
  - {name: spam, feed: {path: feeds/spam, format: plain}, code: 127.0.0.6, bit: 4, text: "$ sent spam to traps"}
  - {name: dynamic, feed: {path: feeds/dynamic, format: plain}, code: 127.0.0.10, bit: 8, text: "$ is dynamic"}
  - {name: domains, feed: {path: feeds/domains, format: domains}, code: 127.0.1.2, text: "$ is a spam domain"}
  - {name: partners, feed: {path: feeds/partners, format: plain}, category: 2, trust: 3, text: "a partner"}
zones:
  - {name: bl.example, lists: [drop, spam, dynamic]}
  - {name: bits.example, view: bits, lists: [drop, spam, dynamic]}
  - {name: dbl.example, lists: [domains]}
  - {name: wl.example, view: allow, lists: [partners]}
"""


def reverse(address):
    """The name under a zone that asks for an address."""
    if ":" in address:
        return ".".join(reversed(socket.inet_pton(socket.AF_INET6, address).hex()))
    return ".".join(reversed(address.split(".")))


def run(*words, **options):
    return subprocess.run(words, check=True, **options)


class Lab:
    """What a test gets; only inside the namespaces."""

    def __init__(self, client, build, packages):
        self.client = client
        self.outside = netns.Namespace()
        self.outside.__enter__()  # it goes away with us
        self.packages = packages  # name -> folder
        self.build = build
        self.blocks = read_blocks(os.path.join(ROOT, "docs", "clients", client + ".md"))
        self.used = set()
        self.server = None
        self.logs = {}

    def block(self, name):
        """The text of a named code block of the client's page."""
        self.used.add(name)
        return self.blocks[name]

    def path(self, name):
        return os.path.join(FOLDER, name)

    def write(self, path, text, mode=0o644):
        """A file of the lab, with the folders above it."""
        path = self.path(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def start(self, *words, **options):
        """A program in the foreground; its output goes to its log."""
        name = os.path.basename(words[0])
        self.logs[name] = self.path(name + ".log")
        with open(self.logs[name], "ab") as log:
            return subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                    **options)

    def log(self, name):
        with open(self.logs[name], encoding="utf-8", errors="replace") as text:
            return text.read()

    def wait_log(self, name, pattern, process=None):
        def found():
            if process and process.poll() is not None:
                raise RuntimeError(f"'{name}' ended with status {process.returncode}")
            return re.search(pattern, self.log(name), re.M)
        return netns.wait_for(found, f"'{pattern}' in the log of {name}")

    def serve(self, listen=("127.0.0.1:5300", "127.0.0.1:53"), config=CONFIG, files=None):
        """Start reputed with these lists and zones, and wait until it answers all."""
        for name, text in (files or FILES).items():
            self.write("feeds/" + name, text)
        head = HEAD.format(listen=", ".join(f'"{l}"' for l in listen))
        self.write("reputed.yaml", head + config)
        process = self.start(os.path.join(self.build, "reputectl"), "up", "-c",
                             self.path("reputed.yaml"))
        self.wait_log("reputectl", "^ready: ", process)
        self.server = process

    def ask(self, name, kind="A", server="127.0.0.1", port=53):
        """The answer in one line, 'none' when there is no answer."""
        query = dns.message.make_query(name, kind)
        try:
            return netns.summary(dns.query.udp(query, server, timeout=5, port=port))
        except (dns.exception.Timeout, ConnectionError):
            return "none"

    def wait_answer(self, name, port=53):
        """Until a resolver answers a name with anything but an error."""
        return netns.wait_for(lambda: self.ask(name, port=port).split()[0] in
                              ("NOERROR", "NXDOMAIN"), f"an answer to {name}")

    def make_folder(self, name, owner):
        """A folder of the lab that a program without root may write to."""
        os.makedirs(self.path(name), exist_ok=True)
        shutil.chown(self.path(name), owner, owner)
        return self.path(name)

    def wait_port(self, port, process, host="127.0.0.1"):
        def is_open():
            if process.poll() is not None:
                raise RuntimeError(f"'{process.args[0]}' ended with status {process.returncode}")
            with socket.socket() as client:
                return client.connect_ex((host, port)) == 0
        return netns.wait_for(is_open, f"port {port}")

    def add_outside(self, addresses):
        """Addresses that SMTP sessions may come from."""
        for address in addresses:
            is_ip6 = ":" in address
            self.outside.add_address("out0", address + ("/128" if is_ip6 else "/32"))
            run("ip", "route", "add", address, "via", ROUTER6 if is_ip6 else ROUTER)

    def join_outside(self):
        """A cable between us and the outside."""
        run("ip", "link", "add", "in0", "type", "veth", "peer", "name", "out0", "netns",
            self.outside.name)
        run("ip", "address", "add", SERVER + "/24", "dev", "in0")
        run("ip", "address", "add", SERVER6 + "/64", "dev", "in0", "nodad")
        run("ip", "link", "set", "in0", "up")
        self.outside.add_address("out0", ROUTER + "/24")
        self.outside.add_address("out0", ROUTER6 + "/64")
        self.outside.ip("link", "set", "out0", "up")
        self.outside.ip("route", "add", "default", "via", SERVER)
        self.outside.ip("route", "add", "default", "via", SERVER6)
        self.add_outside(ADDRESSES)

    def smtp(self, source, sender="someone@fine.example", recipient="user@mail.example",
             helo="client.fine.example"):
        """One SMTP session from an address up to DATA; the first refusal, or '250 ...'."""
        server = SERVER6 if ":" in source else SERVER
        session = smtplib.SMTP(timeout=netns.DEADLINE_S, source_address=(source, 0))
        steps = [lambda: session.connect(server, 25), lambda: session.ehlo(helo),
                 lambda: session.mail(sender), lambda: session.rcpt(recipient)]
        with self.outside.entered():
            try:
                for step in steps:
                    code, text = step()
                    if code >= 400:
                        break
            finally:
                session.close()
        # Exim folds a long line in two.
        return f"{code} {text.decode(errors='replace')}".replace("\n", " ")

    def check_server(self, checks):
        """Whatever the client did, ours was never restarted, complained of nothing and ends well."""
        self.server.send_signal(signal.SIGINT)
        checks.is_equal(self.server.wait(netns.DEADLINE_S), 0, "reputed ends well")
        bad = re.findall(r"^.*(?:Sanitizer|runtime error|starting .*again|ended with|killed).*$",
                         self.log("reputectl"), re.M)
        checks.is_equal(bad, [], "and it had no trouble")

    def check_blocks(self, checks):
        """A block that no test runs is documentation that may be wrong."""
        unused = sorted(set(self.blocks) - self.used)
        checks.is_true(not unused, f"every configuration of {self.client}.md is tested "
                                   f"{'but ' + ', '.join(unused) if unused else ''}".rstrip())


def read_blocks(path):
    """name -> text of the fenced blocks with a name after the language: ```cfg main.cf"""
    with open(path, encoding="utf-8") as page:
        found = re.findall(r"^```\w+ (\S+)\n(.*?)^```$", page.read(), re.M | re.S)
    blocks = dict(found)
    if len(blocks) != len(found):
        raise ValueError(f"{path}: two blocks of one name")
    return blocks


def mount_packages(folder, packages):
    """Lay unpacked packages over the system: /usr as it is, /etc and /var writable in memory."""
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    os.makedirs(FOLDER)
    os.chmod(FOLDER, 0o755)
    for top in ("usr", "etc", "var"):
        lower = [os.path.join(folder, package, top) for package in packages]
        lower = [path for path in lower if os.path.isdir(path)] + ["/" + top]
        options = "lowerdir=" + ":".join(lower)
        if top != "usr":
            options += f",upperdir=/run/{top}.upper,workdir=/run/{top}.work"
            os.mkdir(f"/run/{top}.upper")
            os.mkdir(f"/run/{top}.work")
        elif len(lower) == 1:
            continue
        run("mount", "-t", "overlay", "overlay", "-o", options, "/" + top)


def settle(users):
    """Names and users, as the packages and the clients expect them."""
    socket.sethostname(HOST)
    run("ip", "link", "set", "lo", "up")
    for name, text in (("resolv.conf", "nameserver 127.0.0.1\n"),
                       ("hosts", f"127.0.0.1 localhost {HOST}\n::1 localhost\n")):
        path = os.path.join("/etc", name)
        if os.path.lexists(path):
            os.unlink(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    with open("/etc/passwd", "a", encoding="utf-8") as passwd, \
            open("/etc/group", "a", encoding="utf-8") as group:
        for number, name in enumerate(users, 60001):
            passwd.write(f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n")
            group.write(f"{name}:x:{number}:\n")


def skip(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def out_of_time(*_):
    raise TimeoutError(f"the test takes more than {DEADLINE_S} s")


def main(client, packages, test, users=()):
    """Run test(box, checks) in namespaces of its own; packages: folders that unpack.sh made."""
    build = os.path.abspath(sys.argv[1])
    folder = os.environ.get("REPUTED_CLIENTS_DIR", os.path.join(ROOT, "build-clients"))
    if os.environ.get("REPUTED_LAB") != client:
        if os.geteuid() != 0:
            skip("needs root to make namespaces")
        missing = [p for p in packages if not os.path.exists(os.path.join(folder, p, ".complete"))]
        if missing:
            skip(f"{' '.join(missing)} cannot be had here (tests/clients/unpack.sh)")
        os.execvp("unshare", ["unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork",
                              "--kill-child", "--mount-proc", "env", f"REPUTED_LAB={client}",
                              sys.executable, *sys.argv])
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(DEADLINE_S)
    checks = netns.Checks()
    box = None
    try:
        mount_packages(folder, packages)
        settle(users)
        box = Lab(client, build, {p: os.path.join(folder, p) for p in packages})
        box.join_outside()
        test(box, checks)
        box.check_server(checks)
        box.check_blocks(checks)
    except Exception as error:  # pylint: disable=broad-except
        checks.is_true(False, f"{type(error).__name__}: {error}")
    if checks.failed and box:
        for name in box.logs:
            sys.stderr.write(f"--- {name}\n{box.log(name)[-6000:]}")
    sys.stdout.flush()
    sys.exit(checks.done())
