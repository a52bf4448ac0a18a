#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Feeds from elsewhere: reputed-fetch against an HTTP server that misbehaves and against rsyncd, then
a feed by url and one by rsync from configuration to answers. On the loopback. Prints TAP.

usage: test_fetch.py BUILD_DIRECTORY
"""
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import daemons
import fetcher
import misbehave
import netns

OLD, NEW = b"198.51.100.1\n", b"192.0.2.1\n192.0.2.2\n"
# What the server does, what comes of it, a part of the reason, why.
ROWS = (
    ("data", "fetched", "", "a file"),
    ("gzip", "fetched", "", "Content-Encoding is undone"),
    ("moved", "fetched", "", "a redirect is followed"),
    ("elsewhere", "fetched", "", "to another server too, without a secret"),
    ("long-header", "fetched", "", "a validator too long to keep is not kept"),
    ("bomb", "failed", "more than 100000 bytes", "the size counts after decompression"),
    ("large", "failed", "more than 100000 bytes", "the size that is announced is believed"),
    ("endless", "failed", "more than 100000 bytes", "without a length too"),
    ("truncated", "failed", "remaining", "fewer bytes than announced are no file"),
    ("half-chunk", "failed", "", "nor is half a chunk"),
    ("hang", "failed", "timed out", "a server that says nothing"),
    ("unasked-304", "failed", "304", "'not modified' since nothing"),
    ("busy", "failed", "503", "an error with a wish"),
    ("error", "failed", "500", "the text of an error is no data"),
    ("partial", "failed", "206", "a part nobody asked for"),
    ("nosuch", "failed", "404", "what is not there"),
    ("loop", "failed", "redirects", "redirects have an end"),
    ("to-file", "failed", "only http and https", "a redirect to a file of this machine"),
    ("nowhere", "failed", "says not where", "a redirect without a target"),
    ("closed", "failed", "", "a connection that ends"),
    ("secret", "failed", "401", "without the secret"),
    ("empty", "fetched", "", "an empty file is a file: the guards judge it"),
)


def check_http(checks, f, server, other):
    server.elsewhere = other.url("").rstrip("/")
    for path, outcome, reason, why in ROWS:
        f.reset(OLD)
        result = f.run(server.url(path))
        checks.is_equal((result["outcome"], reason in result["reason"]), (outcome, True),
                        f"{path}: {why} ({result['reason']})")
        expected = OLD if outcome == "failed" else b"" if path == "empty" else NEW
        checks.is_equal((f.content(), os.path.exists(f.path + ".part")), (expected, False),
                        f"{path}: the file is the old one or the new one")
    checks.is_equal(f.run(server.url("busy"))["retry_after_s"], 1234, "Retry-After is told")
    checks.is_equal(f.run(server.url("data"), is_argument=True)["outcome"], "fetched",
                    "a source that is an argument")


def check_validators(checks, f, server):
    for path in ("data", "dated"):
        f.reset()
        outcomes = [f.run(server.url(path))["outcome"] for _ in range(2)]
        checks.is_equal(outcomes, ["fetched", "unchanged"], f"{path}: asked again, unchanged")
    f.reset()
    f.run(server.url("data"))
    os.unlink(f.path)
    checks.is_equal(f.run(server.url("data"))["outcome"], "fetched",
                    "the validators of a lost file are not used")
    f.run(server.url("dated"))
    checks.is_equal(f.run(server.url("data"))["outcome"], "fetched", "nor those of another URL")
    with open(f.path + ".json", "w", encoding="utf-8") as facts:
        facts.write('{"source": 1, "etag"')
    checks.is_equal(f.run(server.url("data"))["outcome"], "fetched", "nor damaged ones")
    checks.is_equal(int(os.stat(f.path).st_mtime), 1795305600, "the file has the server's time")


def check_secret(checks, f, server, other, folder):
    path = os.path.join(folder, "secret")
    for text, mode, name, expected in (
            ("X-Key: open-sesame\n", 0o600, "secret", ("fetched", "")),
            ("X-Key: open-sesame\n", 0o600, "moved-secret", ("fetched", "")),
            ("X-Key: open-sesame\n", 0o600, "elsewhere", ("failed", "is for another server")),
            ("X-Key: open-sesame\n", 0o644, "secret", ("failed", "everybody may read it")),
            ("no header\n", 0o600, "secret", ("failed", "expected 'Name: value'")),
            ("", 0o600, "secret", ("failed", "expected one line"))):
        f.reset(OLD)
        with open(path, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
        other.asked.clear()
        result = f.run(server.url(name), "--secret-file", path)
        checks.is_equal((result["outcome"], expected[1] in result["reason"]), (expected[0], True),
                        f"a secret for /{name}: {result['reason'] or 'sent'}")
        checks.is_true("sesame" not in result["reason"], "which is not told")
    checks.is_equal([h for _, h in other.asked if "X-Key" in h], [], "nor sent elsewhere")


def check_checksum(checks, f, server, other, folder):
    """The checksum is fetched before the source, and is as much as a fetch that fails when it fails."""
    path = os.path.join(folder, "secret")
    with open(path, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write("X-Key: open-sesame\n")
    for sums, outcome, reason, why in (
            (server.url("sums"), "fetched", "", "with its checksum"),
            (server.url("nosuch"), "failed", "the checksum: HTTP status 404", "which is not there"),
            (server.url("hang"), "failed", "the checksum: ", "or does not come"),
            (server.url("large"), "failed", "the checksum: more than", "or is too large"),
            ("gopher://127.0.0.1/", "failed", "no transport", "or cannot be asked for")):
        f.reset(OLD)
        server.asked.clear()
        result = f.run(server.url("data"), "--checksum", sums)
        checks.is_equal((result["outcome"], reason in result["reason"]), (outcome, True),
                        f"a source {why}: {result['reason']}")
        asked = [name for name, _ in server.asked]
        checks.is_equal((f.content(), "/data" in asked),
                        (NEW, True) if outcome == "fetched" else (OLD, False),
                        f"the source is asked for after it: {asked}")
    f.reset()
    outcomes = [f.run(server.url("data") + "\n" + server.url("sums"), "--checksum", "-")["outcome"]
                for _ in range(2)]
    with open(f.path + ".sum", "rb") as file:
        told = file.read()
    checks.is_equal((outcomes, told.split()[0].decode()),
                    (["fetched", "unchanged"], hashlib.sha256(NEW).hexdigest()),
                    "both from standard input; and again, both unchanged")
    server.asked.clear()
    f.run(server.url("secret"), "--secret-file", path, "--checksum", other.url("sums"))
    f.run(server.url("secret"), "--secret-file", path, "--checksum", server.url("secret"))
    checks.is_equal(([h for _, h in other.asked if "X-Key" in h],
                     [n for n, h in server.asked if "X-Key" not in h]), ([], []),
                    "the secret goes to the server of the source, not to another one")


def check_https(checks, f, plain, folder):
    certificate = os.path.join(folder, "tls.pem")
    misbehave.make_certificate(certificate)
    with misbehave.Server(NEW, plain.url("").rstrip("/"), certificate) as server:
        f.reset(OLD)
        checks.is_equal(f.run(server.url("data"), "--ca-file", certificate)["outcome"], "fetched",
                        "https, by a certificate that is known")
        result = f.run(server.url("data"))
        checks.is_equal((result["outcome"], "certificate" in result["reason"]), ("failed", True),
                        f"by one that is not: {result['reason']}")
        result = f.run(server.url("elsewhere"), "--ca-file", certificate)
        checks.is_equal((result["outcome"], "leaves https" in result["reason"]), ("failed", True),
                        "a redirect does not leave https")


class Rsyncd:
    """A daemon with one module, on the loopback."""

    def __init__(self, folder):
        self.port, self.module = daemons.free_port(), os.path.join(folder, "module")
        os.makedirs(self.module)
        self.config = os.path.join(folder, "rsyncd.conf")
        secrets = os.path.join(folder, "rsyncd.secrets")
        with open(secrets, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write("mirror:open-sesame\n")
        user = "" if os.getuid() else "uid = root\ngid = root\n"
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"use chroot = no\n{user}log file = {folder}/rsyncd.log\n"
                       f"[lists]\npath = {self.module}\nread only = yes\n"
                       f"[closed]\npath = {self.module}\nread only = yes\n"
                       f"auth users = mirror\nsecrets file = {secrets}\n")
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            ["rsync", "--daemon", "--no-detach", "--address=127.0.0.1", f"--port={self.port}",
             f"--config={self.config}"], stdin=subprocess.DEVNULL,
            preexec_fn=netns.die_with_parent)
        netns.wait_for(self.is_up, "rsyncd")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def is_up(self):
        return subprocess.run(["rsync", self.url("lists", "")], check=False,
                              capture_output=True).returncode == 0

    def url(self, module, name):
        return f"rsync://127.0.0.1:{self.port}/{module}/{name}"

    def write(self, name, data, time_s=1795305600):
        path = os.path.join(self.module, name)
        with open(path, "wb") as file:
            file.write(data)
        os.utime(path, (time_s, time_s))


def check_rsync(checks, f, rsyncd, folder):
    rsyncd.write("drop.txt", NEW)
    f.reset(OLD)
    results = [f.run(rsyncd.url("lists", "drop.txt"))["outcome"] for _ in range(2)]
    checks.is_equal((results, f.content()), (["fetched", "unchanged"], NEW), "rsync, and again")
    rsyncd.write("drop.txt", OLD, 1795305601)
    checks.is_equal((f.run(rsyncd.url("lists", "drop.txt"))["outcome"], f.content()),
                    ("fetched", OLD), "a changed file")
    rsyncd.write("large.txt", bytes(200000))
    os.symlink("/etc/passwd", os.path.join(rsyncd.module, "link"))
    for source, reason, why in (
            (rsyncd.url("lists", "nosuch"), "No such file", "a file that is not there"),
            (rsyncd.url("nosuch", "x"), "Unknown module", "a module that is not there"),
            (rsyncd.url("closed", "drop.txt"), "", "a module that wants a password"),
            ("rsync://127.0.0.1:1/lists/x", "refused", "nobody there")):
        f.reset(OLD)
        result = f.run(source)
        checks.is_equal((result["outcome"], reason in result["reason"], f.content()),
                        ("failed", True, OLD), f"{why} ({result['reason']})")
    f.reset()
    result = f.run(rsyncd.url("lists", "large.txt"))
    checks.is_equal(("more than" in result["reason"] or "of more than" in result["reason"],
                     os.path.exists(f.path)), (True, False), "a file above the size is left out")
    path = os.path.join(folder, "password")
    with open(path, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write("open-sesame\n")
    source = rsyncd.url("closed", "drop.txt").replace("//", "//mirror@", 1)
    checks.is_equal(f.run(source, "--secret-file", path)["outcome"], "fetched", "with a password")


CONFIG = """\
lists:
  - name: web
    feed: {{url: "{url}", format: plain, refresh: 1h, timeout: 2s}}
    code: 127.0.0.4
  - name: polite
    feed: {{url: "{polite}", format: plain, min_interval: 1h}}
    code: 127.0.0.5
  - name: mirror
    feed: {{rsync: "{rsync}", format: plain}}
    code: 127.0.0.6
zones:
  - {{name: web.test, lists: [web]}}
  - {{name: polite.test, lists: [polite]}}
  - {{name: mirror.test, lists: [mirror]}}
"""


def check_feeds(checks, build, server, rsyncd):
    server.data = NEW
    rsyncd.write("feed.txt", NEW)
    config = CONFIG.format(url=server.url("data"), polite=server.url("dated"),
                           rsync=rsyncd.url("lists", "feed.txt"))
    with daemons.Daemons(build, config, {}) as d:
        d.start()
        for zone, code in (("web", 4), ("polite", 5), ("mirror", 6)):
            checks.is_equal(d.wait_answer(f"1.2.0.192.{zone}.test", f"NOERROR 127.0.0.{code}"),
                            f"NOERROR 127.0.0.{code}", f"{zone}: fetched and answered")
        reply = d.ask("feeds-refresh", feed="polite")
        checks.is_true("min_interval" in reply.get("error", ""), "a source is not asked too often")
        server.data, server.version = NEW + b"192.0.2.9\n", 2
        d.ask("feeds-refresh", feed="web")
        checks.is_equal(d.answer("9.2.0.192.web.test"), "NOERROR 127.0.0.4",
                        "a refresh has fetched, and what is new is answered")
        server.data, server.version = b"<html>this domain is for sale</html>\n" * 30, 3
        d.ask("feeds-refresh", feed="web")
        checks.is_equal((d.wait_feed("web", state="held")["version"],
                         d.answer("9.2.0.192.web.test")), (2, "NOERROR 127.0.0.4"),
                        "a parking page is held, the good version serves")
        server.data, server.version = NEW, 4
        d.ask("feeds-refresh", feed="web")
        asked = len(server.asked)
        d.stop(d.control, signal.SIGKILL)
        d.start_control()
        d.wait_ready()
        checks.is_equal((d.answer("1.2.0.192.web.test"), len(server.asked)),
                        ("NOERROR 127.0.0.4", asked), "a restart does not fetch what is fresh")
        d.configure(config.replace(server.url("data"), server.url("hang")))
        d.control.send_signal(signal.SIGHUP)
        netns.wait_for(lambda: d.feed("web").get("fetch", {}).get("error"), "the fetch to fail")
        checks.is_equal((d.answer("1.2.0.192.web.test"), d.feed("web")["state"]),
                        ("NOERROR 127.0.0.4", "serving"), "a server that hangs changes nothing")
        checks.is_true("cannot be fetched" in d.log(), "and is told")
        checks.is_equal(d.stop(d.control, signal.SIGTERM), 0, "control stops while a fetch waits")


SUMMED = """\
lists:
  - name: web
    feed: {{url: "{url}", checksum_url: "{sums}", format: plain}}
  - name: mirror
    feed: {{rsync: "{rsync}", checksum_url: "{rsync_sums}", format: plain}}
zones:
  - {{name: web.test, lists: [web]}}
  - {{name: mirror.test, lists: [mirror]}}
"""


def check_summed_feeds(checks, build, server, rsyncd):
    server.data, server.version = NEW, 20
    rsyncd.write("feed.txt", NEW)
    rsyncd.write("SHA256SUMS", b"0" * 64 + b"  other.txt\n" +
                 hashlib.sha256(NEW).hexdigest().encode() + b"  feed.txt\n")
    config = SUMMED.format(url=server.url("data?key=1/2"), sums=server.url("sums"),
                           rsync=rsyncd.url("lists", "feed.txt"),
                           rsync_sums=rsyncd.url("lists", "SHA256SUMS"))
    listed = "NOERROR 127.0.0.2"
    with daemons.Daemons(build, config, {}) as d:
        d.start()
        for zone in ("web", "mirror"):
            checks.is_equal(d.wait_answer(f"1.2.0.192.{zone}.test", listed), listed,
                            f"{zone}: what its checksum says is answered")
        server.sums = hashlib.sha256(NEW).hexdigest().encode() + b"\n"
        server.data, server.version = NEW + b"192.0.2.9\n", 21
        d.ask("feeds-refresh", feed="web")
        feed = d.wait_feed("web", state="held")
        checks.is_equal((feed["guard"], feed["version"], d.answer("9.2.0.192.web.test")),
                        ("checksum", 1, "NXDOMAIN"), f"another checksum: {feed['reason']}")
        server.sums = None
        d.ask("feeds-refresh", feed="web")
        checks.is_equal((d.wait_feed("web", state="serving")["version"],
                         d.answer("9.2.0.192.web.test")), (2, listed),
                        "when it has come the version is taken, though the source says 'unchanged'")
        rsyncd.write("feed.txt", OLD, 1795305610)
        d.ask("feeds-refresh", feed="mirror")
        checks.is_equal(d.wait_feed("mirror", state="held")["guard"], "checksum",
                        "a mirror that is half way through")
        d.ask("feeds-accept", feed="mirror")
        checks.is_equal(d.answer("1.100.51.198.mirror.test"), listed, "is accepted by hand")
        d.configure(config.replace(f', checksum_url: "{server.url("sums")}"', ""))
        server.sums = b"none\n"
        server.data, server.version = NEW + b"192.0.2.10\n", 22
        d.control.send_signal(signal.SIGHUP)
        d.wait_log("is in force")
        d.ask("feeds-refresh", feed="web")
        checks.is_equal(d.wait_answer("10.2.0.192.web.test", listed), listed,
                        "without checksum_url nothing is compared any more")
        server.sums = None
        count = d.log().count("is in force")
        d.configure(config)
        d.control.send_signal(signal.SIGHUP)
        netns.wait_for(lambda: d.log().count("is in force") > count, "the configuration")
        netns.wait_for(lambda: os.path.exists(d.path("state/fetched/web/source.sum")),
                       "the checksum")
        feed = d.wait_feed("web", state="serving")
        checks.is_equal((feed["version"], feed["refused"], "is not fetched yet" in d.log()),
                        (3, 1, False),
                        "and with it again it is fetched at once, and nothing is held meanwhile")
    server.sums = None


PUSHED = """\
lists:
  - {name: batch, feed: {push: true, format: plain, size_max: 1M}}
  - {name: file, feed: {path: file.txt, format: plain}}
zones:
  - {name: batch.test, lists: [batch]}
"""


def push(d, build, name, data, *words):
    return subprocess.run([os.path.join(build, "reputectl"), "-c", d.config_path, "feeds", "push",
                           name, *words], input=data, capture_output=True, check=False)


def check_push(checks, build):
    with daemons.Daemons(build, PUSHED, {"file.txt": "192.0.2.1\n"}) as d:
        d.start()
        checks.is_equal((d.answer("1.2.51.198.batch.test"), d.feed("batch")["reason"]),
                        ("SERVFAIL EDE14", "not pushed yet"), "nothing pushed yet: SERVFAIL")
        many = b"".join(b"198.51.%d.%d\n" % (i >> 8, i & 255) for i in range(20000))
        checks.is_equal(push(d, build, "batch", many).returncode, 0, "many pieces from stdin")
        checks.is_equal((d.answer("1.2.51.198.batch.test"), d.feed("batch")["entries"]),
                        ("NOERROR 127.0.0.2", 20000), "answered when the command is back")
        path = d.path("to-push")
        with open(path, "wb") as file:
            file.write(many[:-1] + b"\n# the same, said otherwise\n")
        checks.is_equal(push(d, build, "batch", b"", path).returncode, 0, "a file")
        for data, name, words, reason, why in (
                (bytes(2 << 20), "batch", (), b"File too large", "more than size_max"),
                (NEW, "file", (), b"is not pushed", "a feed that is a file"),
                (NEW, "nosuch", (), b"there is no feed", "no feed"),
                (NEW, "batch", ("/nosuch",), b"No such file", "no file")):
            done = push(d, build, name, data, *words)
            checks.is_equal((done.returncode, reason in done.stderr), (1, True), f"refused: {why}")
        done = push(d, build, "batch", b"")
        checks.is_equal((done.returncode, d.wait_feed("batch", state="held")["entries"]),
                        (0, 20000), "an empty push is held, as an emptied file is")
        first = d.ask("feeds-push", feed="batch", data="MTkyLjAuMi43Cg==")["upload"]
        second = d.ask("feeds-push", feed="batch", data="MTkyLjAuMi43Cg==")["upload"]
        reply = d.ask("feeds-push", feed="batch", data="", upload=first, last=True)
        checks.is_true(second != first and "another push" in reply["error"],
                       "of two pushes at once the first one is over")
        reply = d.ask("feeds-push", feed="batch", data="%", upload=second)
        checks.is_true("base64" in reply["error"], "what is not base64 is refused")
        checks.is_equal(d.answer("1.2.51.198.batch.test"), "NOERROR 127.0.0.2", "still answered")


def check_first(checks, build, server):
    """Nothing fetched yet: the zone is not loaded, and 'not listed' is never said."""
    with daemons.Daemons(build, CONFIG.format(url=server.url("hang"), polite=server.url("error"),
                                              rsync="rsync://127.0.0.1:1/a/b"), {}) as d:
        began = time.monotonic()
        d.start()
        checks.is_true(time.monotonic() - began < netns.DEADLINE_S, "a slow source delays no start")
        checks.is_equal(d.answer("1.2.0.192.web.test"), "SERVFAIL EDE14", "not fetched: SERVFAIL")
        feed = netns.wait_for(lambda: "500" in (d.feed("polite")["reason"] or "") and
                              d.feed("polite"), "the error in the status")
        checks.is_equal(feed["state"], "missing", f"why is shown: {feed['reason']}")


def main():
    build, checks = sys.argv[1], netns.Checks()
    folder = tempfile.mkdtemp(prefix="reputed-fetch-")
    f = fetcher.Fetcher(build, folder)
    try:
        with misbehave.Server(NEW) as server, misbehave.Server(NEW) as other, \
                Rsyncd(folder) as rsyncd:
            check_http(checks, f, server, other)
            check_validators(checks, f, server)
            check_secret(checks, f, server, other, folder)
            check_checksum(checks, f, server, other, folder)
            check_https(checks, f, server, folder)
            check_rsync(checks, f, rsyncd, folder)
            check_feeds(checks, build, server, rsyncd)
            check_summed_feeds(checks, build, server, rsyncd)
            check_first(checks, build, server)
            check_push(checks, build)
    finally:
        shutil.rmtree(folder)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
