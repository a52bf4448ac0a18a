# SPDX-License-Identifier: BSD-3-Clause
"""What smoke tests stand on: network namespaces joined by veth, a data plane running in one of
them, DNS queries sent from inside them, and TAP output. All of it goes away with the test.

    checks = netns.Checks()
    with netns.Namespace() as server, netns.Namespace() as client:
        netns.veth(server, "v0", client, "v1")
        with netns.Dataplane(build, ["--port", "net_af_packet0,iface=v0",
                                     "--address", "10.53.0.1/24"], server) as dataplane:
            with client.entered():
                answer = netns.ask("10.53.0.1", "2.0.0.127.bl.test")
            checks.is_equal(netns.summary(answer), "SERVFAIL", "not loaded yet")
    sys.exit(checks.done())
"""
import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

DEADLINE_S = 20  # of anything waited for; long, because a loaded machine is no failure
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def wait_for(condition, what):
    """Poll until condition() is true and return what it returned."""
    end = time.monotonic() + DEADLINE_S
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise TimeoutError(f"waited {DEADLINE_S} s for {what}")
        time.sleep(0.02)


def skip_unless_possible():
    """End with a TAP skip where no namespace can be made, and only there."""
    reason = None
    if os.geteuid() != 0:
        reason = "needs root to make network namespaces"
    elif subprocess.run(["ip", "netns", "add", f"rep{os.getpid()}try"], stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL).returncode != 0:
        reason = "'ip netns add' does not work here"
    if reason:
        print(f"1..0 # SKIP {reason}")
        sys.exit(0)
    subprocess.run(["ip", "netns", "del", f"rep{os.getpid()}try"], check=True)


def end_on_signals():
    """Let SIGTERM and SIGINT (a test's timeout) run what cleans up."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))


class Checks:
    """TAP lines; done() gives the exit status."""

    def __init__(self):
        end_on_signals()
        self.count = self.failed = 0

    def is_true(self, is_ok, text):
        self.count += 1
        self.failed += not is_ok
        text = " | ".join(text.splitlines())  # TAP is made of lines
        print(f"{'ok' if is_ok else 'not ok'} {self.count} {text}", flush=True)
        return is_ok

    def is_equal(self, value, expected, text):
        return self.is_true(value == expected,
                            text if value == expected else f"{text}: {value!r}, not {expected!r}")

    def skip(self, text, reason):
        self.count += 1
        print(f"ok {self.count} {text} # SKIP {reason}", flush=True)

    @contextlib.contextmanager
    def group(self, text):
        """An exception in here is one failed check, and the rest goes on."""
        try:
            yield
        except Exception as error:  # pylint: disable=broad-except
            self.is_true(False, f"{text}: {type(error).__name__}: {error}")

    def done(self):
        print(f"1..{self.count}")
        return 1 if self.failed or not self.count else 0


class Namespace:
    """A network namespace with loopback up."""

    made = 0

    def __init__(self):
        Namespace.made += 1
        self.name = f"rep{os.getpid()}n{Namespace.made}"

    def __enter__(self):
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.ip("link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], check=True)

    def ip(self, *words):
        subprocess.run(["ip", "-n", self.name, *words], check=True)

    def command(self, *words):
        return ["ip", "netns", "exec", self.name, *words]

    def run(self, *words):
        """Run a program in here; the result has returncode and stdout (with stderr)."""
        return subprocess.run(self.command(*words), text=True, check=False, timeout=DEADLINE_S,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def add_address(self, device, address):
        """An address that can be used at once: no duplicate address detection."""
        self.ip("address", "add", address, "dev", device, *(["nodad"] if ":" in address else []))

    @contextlib.contextmanager
    def entered(self):
        """Sockets that this thread makes in the block are in the namespace."""
        with open("/proc/thread-self/ns/net", "rb") as before, \
                open(f"/run/netns/{self.name}", "rb") as inside:
            if LIBC.setns(inside.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield self
            finally:
                LIBC.setns(before.fileno(), CLONE_NEWNET)


def veth(server, server_device, client, client_device):
    """Join two namespaces. The kernel at the server's end stays silent: the port is DPDK's."""
    server.ip("link", "add", server_device, "type", "veth", "peer", "name", client_device,
              "netns", client.name)
    server.run("sysctl", "-qw", f"net.ipv6.conf.{server_device}.disable_ipv6=1")
    server.ip("link", "set", server_device, "up")
    client.ip("link", "set", client_device, "up")


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Dataplane:
    """A running reputed-dataplane, up when entered, stopped and checked when left.

    arguments: all flags but --socket; prefix: words before the program, such as prlimit's
    """

    def __init__(self, build, arguments, namespace=None, prefix=(), user=None):
        self.folder = tempfile.mkdtemp(prefix="reputed-smoke-")
        self.socket = os.path.join(self.folder, "dataplane.sock")
        self.words = [*prefix, os.path.join(build, "reputed-dataplane"), "--socket", self.socket,
                      *arguments]
        if user:
            os.chmod(self.folder, 0o755)
            shutil.chown(self.folder, user)
            self.words = ["setpriv", f"--reuid={user}", "--clear-groups", *self.words]
        if namespace:
            self.words = namespace.command(*self.words)
        self.log_path = os.path.join(self.folder, "log")
        self.process = None
        self.status = None
        self.wanted = arguments.count("--listen") + arguments.count("--port")

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as text:
            return text.read()

    def is_up(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"ended with status {self.process.returncode}:\n{self.log()}")
        return len(self.answering()) == self.wanted

    def answering(self):
        """What follows 'answering on', one per listener and port."""
        return re.findall(r"^reputed-dataplane: answering on (.*)$", self.log(), re.M)

    def listens(self):
        """(address, port) of each listener."""
        found = [re.fullmatch(r"\[?([^]]*)\]?:(\d+)", text) for text in self.answering()]
        return [(f.group(1), int(f.group(2))) for f in found if f]

    def __enter__(self):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(self.words, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL,
                                            preexec_fn=die_with_parent)
        try:
            wait_for(self.is_up, "the data plane to be up")
        except BaseException:
            self.clean_up()
            raise
        return self

    def stop(self, number=signal.SIGTERM):
        """Ask it to stop; the exit status."""
        if self.status is None:
            self.process.send_signal(number)
            try:
                self.status = self.process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        return self.status

    def clean_up(self):
        try:
            if self.process.poll() is None:
                self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __exit__(self, kind, *_):
        """Whatever was tested, the process must have lived until it was stopped, and end well."""
        try:
            status = self.stop()
            if kind is not None or status != 0:
                sys.stderr.write(self.log())
            if kind is None and status != 0:
                raise RuntimeError(f"the data plane ended with status {status}")
        finally:
            self.clean_up()


def query(name, kind="A", edns=True):
    return dns.message.make_query(name, kind, use_edns=0 if edns else False, payload=1232)


def ask(address, name, kind="A", port=53, tcp=False):
    """One query, asked again on loss until the deadline."""
    message = query(name, kind)
    end = time.monotonic() + DEADLINE_S
    while True:
        try:
            call = dns.query.tcp if tcp else dns.query.udp
            return call(message, address, timeout=2, port=port)
        except dns.exception.Timeout:
            if time.monotonic() > end:
                raise


def summary(answer):
    """RCODE, EDE codes and the data of the answer section in one line: 'NOERROR 127.0.0.2'."""
    words = [dns.rcode.to_text(answer.rcode())]
    words += [f"EDE{int(o.code)}" for o in answer.options if o.otype == dns.edns.OptionType.EDE]
    words += sorted(record.to_text() for rrset in answer.answer for record in rrset)
    return " ".join(words)
