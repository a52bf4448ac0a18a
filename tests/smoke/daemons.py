# SPDX-License-Identifier: BSD-3-Clause
"""A reputed and a reputed-dataplane in a folder of their own, on a free port of the loopback, to be
killed and restarted at will.

    with daemons.Daemons(build, CONFIG, {"feeds/a.txt": "192.0.2.1\n"}) as d:
        d.start()
        checks.is_equal(d.answer("1.2.0.192.bl.test"), "NOERROR 127.0.0.2", "listed")
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import dns.exception
import dns.query

import netns

HEAD = """\
state_dir: {folder}/state
control_socket: {folder}/control.sock
dataplane:
  socket: {folder}/dataplane.sock
  listen: ["127.0.0.1:{port}"]
"""


def free_port():
    """Free on UDP and TCP just now."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]


class Daemons:
    """config: what follows HEAD; files: name -> text, in the folder."""

    def __init__(self, build, config, files):
        self.build = build
        self.folder = tempfile.mkdtemp(prefix="reputed-smoke-")
        self.port = free_port()
        self.control = self.dataplane = None
        self.config_path = self.path("reputed.yaml")
        self.configure(config)
        for name, text in files.items():
            self.write(name, text)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for process in (self.control, self.dataplane):
            if process and process.poll() is None:
                process.kill()
                process.wait()
        if kind is not None:
            sys.stderr.write(self.log())
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        """Replace a file in one step, as rsync does."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(path + ".new", path)

    def configure(self, config):
        self.write("reputed.yaml", HEAD.format(folder=self.folder, port=self.port) + config)

    def spawn(self, *words):
        with open(self.path("log"), "ab") as log:
            return subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                    preexec_fn=netns.die_with_parent)

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as text:
            return text.read()

    def start_dataplane(self):
        self.dataplane = self.spawn(os.path.join(self.build, "reputed-dataplane"),
                                    "--socket", self.path("dataplane.sock"),
                                    "--listen", f"127.0.0.1:{self.port}")

    def start_control(self):
        self.control = self.spawn(os.path.join(self.build, "reputed"), "-c", self.config_path)

    def start(self):
        self.start_dataplane()
        self.start_control()
        self.wait_ready()

    def wait_ready(self):
        return netns.wait_for(lambda: self.status().get("ready") and
                              self.status()["dataplane"]["connected"], "both to be ready")

    def stop(self, process, number):
        """Send a signal and return the exit status."""
        process.send_signal(number)
        return process.wait(netns.DEADLINE_S)

    def kill_both(self):
        self.stop(self.control, signal.SIGKILL)
        self.stop(self.dataplane, signal.SIGKILL)

    def ask(self, command, **fields):
        """One request of the control socket; {} while nobody answers there."""
        line = json.dumps({"command": command, **fields}).encode() + b"\n"
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(netns.DEADLINE_S)
            try:
                client.connect(self.path("control.sock"))
                client.sendall(line)
                with client.makefile("rb") as lines:
                    return json.loads(lines.readline() or b"{}")
            except (FileNotFoundError, ConnectionError):
                if self.control.poll() is not None and self.control.returncode not in (0, -9):
                    raise RuntimeError(f"reputed ended: {self.control.returncode}") from None
                return {}

    def status(self):
        return self.ask("status")

    def feed(self, name):
        return next((f for f in self.status().get("feeds", []) if f["name"] == name), {})

    def wait_feed(self, name, **fields):
        """Until the feed's status has these values."""
        def is_so():
            feed = self.feed(name)
            return feed and all(feed[key] == value for key, value in fields.items()) and feed
        return netns.wait_for(is_so, f"feed '{name}' to be {fields}, it is {self.feed(name)}")

    def answer(self, name, kind="A"):
        """In one line; 'none' when the data plane does not answer."""
        try:
            return netns.summary(dns.query.udp(netns.query(name, kind), "127.0.0.1",
                                               timeout=2, port=self.port))
        except (dns.exception.Timeout, ConnectionError):
            return "none"

    def wait_answer(self, name, expected):
        """Until it is answered so; returns the last answer."""
        try:
            netns.wait_for(lambda: self.answer(name) == expected, expected)
        except TimeoutError:
            pass
        return self.answer(name)

    def wait_log(self, text):
        return netns.wait_for(lambda: text in self.log(), f"'{text}' in the log")
