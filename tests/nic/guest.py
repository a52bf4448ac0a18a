# SPDX-License-Identifier: BSD-3-Clause
"""A QEMU guest, emulated (no KVM is needed), with a shell on its second serial line and QMP.

    with guest.Guest(kernel, image, ["-device", ...], namespace) as box:
        print(box.run("uname -r"))
        box.set_link("n0", False)

It dies with the test, and by itself after the time in init.
"""
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import netns

MEMORY_MB = 768
# The guest's clock must be right on a loaded machine: a TSC that was measured there is not. What
# sleeps without high resolution sleeps longer, so that idle workers leave the emulator its time.
APPEND = ("console=ttyS0 panic=-1 quiet nokaslr mitigations=off tsc=unstable clocksource=hpet "
          "highres=off cryptomgr.notests intel_iommu=on iommu=pt")
# An IOMMU that leaves the devices of uio_pci_generic alone, and gives those of vfio-pci tables.
MACHINE = ["-M", "q35,kernel-irqchip=split", "-device",
           "intel-iommu,intremap=on,device-iotlb=on", "-accel", "tcg,thread=multi", "-cpu", "max",
           "-smp", "2", "-m", str(MEMORY_MB), "-no-reboot", "-nographic", "-monitor", "none",
           "-nodefaults"]


class Lines:
    """A unix stream socket read by lines."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.rest = b""

    def send(self, text):
        self.socket.sendall(text.encode())

    def next(self, end):
        """The next line. end: time.monotonic() of giving up"""
        while b"\n" not in self.rest:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the guest is gone")
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")

    def close(self):
        self.socket.close()


class Guest:
    """Booted when entered, powered off when left."""

    def __init__(self, kernel, image, words, namespace):
        self.folder = tempfile.mkdtemp(prefix="reputed-nic-")
        self.words = namespace.command(
            "qemu-system-x86_64", *MACHINE, "-kernel", kernel, "-initrd", image, "-append", APPEND,
            "-serial", f"file:{self.path('console')}",
            "-serial", f"unix:{self.path('shell')},server=on,wait=off",
            "-qmp", f"unix:{self.path('qmp')},server=on,wait=off", *words)
        self.process = self.shell = self.qmp = None
        self.commands = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def text(self, name):
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def __enter__(self):
        try:
            self.boot()
        except BaseException as error:
            told = " ".join(self.text(n)[-2000:] for n in ("log", "console")
                            if os.path.exists(self.path(n)))
            self.end()
            raise RuntimeError(f"the guest did not start: {error}: {told}") from error
        return self

    def boot(self):
        with open(self.path("log"), "wb") as log:
            # pylint: disable-next=consider-using-with,subprocess-popen-preexec-fn
            self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, preexec_fn=netns.die_with_parent)
        self.shell = netns.wait_for(lambda: self.connected("shell"), "qemu's sockets")
        self.qmp = netns.wait_for(lambda: self.connected("qmp"), "qemu's sockets")
        self.command("qmp_capabilities")
        end = time.monotonic() + 4 * netns.DEADLINE_S
        while not self.shell.next(end).startswith("guest: up"):
            pass
        self.run("true")

    def connected(self, name):
        """A connection to one of qemu's sockets, or None as long as nobody listens there."""
        if self.process.poll() is not None:
            raise RuntimeError(f"qemu ended with status {self.process.returncode}")
        try:
            return Lines(self.path(name))
        except (FileNotFoundError, ConnectionRefusedError):
            return None

    def run(self, command, deadline_s=2 * netns.DEADLINE_S):
        """What a line of shell printed. Errors: RuntimeError with it when its status is not 0."""
        self.commands += 1
        mark = f"=={self.commands}=="
        self.shell.send(f"{self.commands} {command}\n")
        lines, end = [], time.monotonic() + deadline_s
        while not (line := self.shell.next(end)).startswith(f"{mark} "):
            lines.append(line)
        text = "\n".join(lines).strip()
        if line != f"{mark} 0":
            raise RuntimeError(f"'{command}' ended with status {line.split()[1]}: {text}")
        return text

    def start(self, command, log):
        """Run a command in the background; its process id, for stop()."""
        return int(self.run(f"setsid {command} >{shlex.quote(log)} 2>&1 & echo $!"))

    def command(self, verb, **arguments):
        """A command of QMP; what it returned."""
        self.qmp.send(json.dumps({"execute": verb, "arguments": arguments}) + "\n")
        end = time.monotonic() + netns.DEADLINE_S
        while True:
            answer = json.loads(self.qmp.next(end))
            if "error" in answer:
                raise RuntimeError(f"qmp {verb}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def set_link(self, device, is_up):
        self.command("set_link", name=device, up=is_up)

    def end(self):
        for lines in (self.shell, self.qmp):
            if lines:
                lines.close()
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(netns.DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __exit__(self, *_):
        self.end()
