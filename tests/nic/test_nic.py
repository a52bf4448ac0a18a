#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Poll-mode drivers of real PCI cards, without a card: a QEMU guest with three NICs. Prints TAP.

usage: test_nic.py BUILD_DIRECTORY

The guest (Debian's kernel from `unpack.sh build-nic`, emulated, no KVM) runs reputed and its data
plane on an e1000e, a vmxnet3 and a virtio-net NIC, first bound to uio_pci_generic, then to vfio-pci
behind an emulated IOMMU. Each NIC is a TAP interface of a network namespace here, from which it is
asked.
"""
import contextlib
import json
import os
import platform
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
import typing

import dns.message

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "smoke"))
# pylint: disable=wrong-import-position
import netns
import test_frames

import guest
import initramfs

LIFE_S = 600              # of the whole test
netns.DEADLINE_S = 60     # an emulated guest on a loaded machine
DRIVERS = ["bus_pci", "bus_vdev", "mempool_ring", "net_e1000", "net_vmxnet3", "net_virtio"]
UNPACKED = os.path.join(ROOT, "build-nic")
PROGRAMS = ["reputed", "reputed-dataplane", "reputectl", "reputed-fetch"]
ZONE = "bl.example"
TEST_ENTRY = f"2.0.0.127.{ZONE}"
SAMPLE = os.path.join(ROOT, "packaging", "sample", "urlhaus-addresses.txt")
WORKERS = 2
ASKERS = 128  # source ports: how many a fair hash leaves to one of two queues is no matter of luck
TAG = 7
SO_AUXDATA, SOL_PACKET, VLAN_VALID = 8, 263, 0x10
REPUTECTL = "reputectl -c /etc/reputed/reputed.yaml"
PCI = "/sys/bus/pci/devices"


class Nic(typing.NamedTuple):
    index: int
    device: str      # QEMU's words after -device
    is_spread: bool  # whether what is received is spread over the queues

    @property
    def name(self):
        return self.device.split(",")[0]

    @property
    def pci(self):
        return f"0000:00:{4 + self.index:02x}.0"

    @property
    def tap(self):
        return f"t{self.index}"

    @property
    def mac(self):
        return f"02:00:00:00:53:{self.index:02x}"

    def address(self, version, host):
        return f"10.53.{self.index}.{host}" if version == 4 else f"fd53:{self.index}::{host}"

    def words(self):
        queues = WORKERS if self.is_spread else 1
        return ["-netdev", f"tap,id=n{self.index},ifname={self.tap},script=no,downscript=no,"
                f"queues={queues}",
                "-device", f"{self.device},netdev=n{self.index},addr=0x{4 + self.index:x},"
                f"mac={self.mac},romfile="]


# DPDK's em driver has no RSS; QEMU's vmxnet3 gives everything to the first queue.
NICS = [
    Nic(0, "e1000e", False),
    Nic(1, "vmxnet3", False),
    Nic(2, "virtio-net-pci,mq=on,vectors=6,rss=on,hash=on,disable-legacy=on,iommu_platform=on,"
        "ats=on", True),
]


def skip(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def skip_unless_possible():
    if platform.machine() != "x86_64":
        skip("the guest is an x86_64 machine, and its programs are ours")
    if not shutil.which("qemu-system-x86_64"):
        skip("no qemu-system-x86_64: packaging/deps.sh nic")
    if not os.path.exists("/bin/busybox"):
        skip("no busybox: packaging/deps.sh nic")
    if not os.path.exists(os.path.join(UNPACKED, ".complete")):
        skip(f"no kernel in '{UNPACKED}': tests/nic/unpack.sh")
    if not os.path.exists("/dev/net/tun"):
        skip("no /dev/net/tun for the guest's network")
    netns.skip_unless_possible()


def configuration():
    """Of the guest."""
    ports = "".join(f"""\
    - {{device: "{n.pci}", addresses: ["{n.address(4, 1)}/24", "{n.address(6, 1)}/64"]}}
""" for n in NICS)
    return f"""\
state_dir: /run/state
control_socket: /run/control.sock
dataplane:
  socket: /run/dataplane.sock
  hugepages: require
  cores: {list(range(WORKERS))}
  ports:
{ports}\
lists:
  - name: urlhaus
    feed: {{path: urlhaus-addresses.txt, format: plain}}
    code: 127.0.0.2
  - {{name: local, manual: true, code: 127.0.0.3}}
zones:
  - {{name: {ZONE}, lists: [urlhaus, local], ns: [ns1.example]}}
"""


def make_image(build, path):
    image = initramfs.Image()
    image.add("/bin/busybox")
    image.add("/lib/x86_64-linux-gnu/libgcc_s.so.1")  # loaded when a thread ends
    for program in PROGRAMS:
        image.add_program(os.path.join(build, program), f"bin/{program}")
    image.add_drivers(DRIVERS)
    modules = os.path.join(UNPACKED, "modules")
    for module in os.listdir(modules):
        image.put_file(f"modules/{module}", os.path.join(modules, module))
    image.put_file("init", os.path.join(ROOT, "tests", "nic", "init"), 0o755)
    image.put_file("etc/reputed/urlhaus-addresses.txt", SAMPLE)
    image.put("etc/reputed/reputed.yaml", configuration().encode())
    for folder in ("proc", "sys", "dev", "run"):
        image.folder(folder)
    image.write(path)


def make_taps(client):
    for nic in NICS:
        client.ip("tuntap", "add", nic.tap, "mode", "tap",
                  *(["multi_queue"] if nic.is_spread else []))
        client.ip("link", "set", nic.tap, "up")
        client.add_address(nic.tap, f"{nic.address(4, 2)}/24")
        client.add_address(nic.tap, f"{nic.address(6, 2)}/64")


def bind(box, nics, driver):
    """Give cards of the guest to a driver; None: to none."""
    names = " ".join(nic.pci for nic in nics)
    box.run(f"for n in {names}; do d={PCI}/$n; echo {driver or ''} >$d/driver_override; "
            f"[ ! -e $d/driver ] || echo $n >$d/driver/unbind; "
            f"echo $n >/sys/bus/pci/drivers_probe; done")


class Product:
    """reputed and its data plane in the guest, its NICs bound to a driver."""

    def __init__(self, box, driver):
        self.box, self.driver, self.process = box, driver, None

    def __enter__(self):
        bind(self.box, NICS, self.driver)
        self.process = self.box.start(
            f"sh -c '{REPUTECTL} up; echo ended with status $?'", "/run/log")
        netns.wait_for(self.is_ready, "the product in the guest")
        return self

    def log(self):
        return self.box.run("cat /run/log")

    def is_ready(self):
        log = self.log()
        if "ended with status" in log:
            raise RuntimeError(log)
        return "ready: " in log

    def stats(self):
        counters = json.loads(self.box.run(f"{REPUTECTL} --json stats"))["counters"]
        return {c["name"]: c["value"] for c in counters}

    def of_port(self, nic, name):
        return self.stats()[f'{name}{{port="{nic.pci}"}}']

    def carrier(self, nic):
        """Of the interface through which the kernel gets the rest of a port."""
        return self.box.run(f"cat /sys/class/net/rbl-{nic.index}/carrier")

    def __exit__(self, kind, *_):
        """It must live until it is stopped, and end well."""
        self.box.run("kill $(pidof reputectl); until grep -q 'ended with status' /run/log; "
                     "do sleep 0.1; done")
        log = self.log()
        if kind is not None or "ended with status 0" not in log:
            sys.stderr.write(f"{log}\n")
        if kind is None and "ended with status 0" not in log:
            raise RuntimeError("the product did not end well")


def reverse(address):
    return f"{'.'.join(reversed(address.split('.')))}.{ZONE}"


def check_answers(checks, client, nic, where, listed):
    with client.entered():
        for version in (4, 6):
            to = nic.address(version, 1)
            said = [netns.summary(netns.ask(to, reverse(a))) for a in listed]
            checks.is_equal(said, ["NOERROR 127.0.0.2"] * len(listed),
                            f"{where}: IPv{version}, {len(listed)} listed addresses")
            checks.is_equal(netns.summary(netns.ask(to, reverse("192.0.2.9"))), "NXDOMAIN",
                            f"{where}: IPv{version}, one that is not")


def check_neighbors(checks, client, nic, where):
    said = client.run("arping", "-c", "1", "-w", "10", "-I", nic.tap, nic.address(4, 1)).stdout
    checks.is_true(nic.mac in said.lower(), f"{where}: ARP")
    for version in (4, 6):
        result = client.run("ping", "-c", "2", "-i", "0.2", "-w", "10", "-s", "1400",
                            nic.address(version, 1))
        checks.is_true(result.returncode == 0 and "DUP" not in result.stdout,
                       f"{where}: ping of 1400 bytes, IPv{version}")


def check_tcp(checks, product, client, nic, where):
    name = 'queries{transport="tcp"}'
    before = product.stats()
    with client.entered():
        for version in (4, 6):
            answer = netns.ask(nic.address(version, 1), TEST_ENTRY, tcp=True)
            checks.is_equal(netns.summary(answer), "NOERROR 127.0.0.2",
                            f"{where}: TCP through punt, IPv{version}")
    after = product.stats()
    checks.is_equal(after[name] - before[name], 2, f"{where}: the kernel's TCP was asked")
    punts = 'punts{reason="ip_protocol"}'
    checks.is_true(after[punts] - before[punts] >= 4 and after["punt_unsent"] == 0,
                   f"{where}: frames of it went to the kernel, and its own came back")


def ask_from_many(client, to, count):
    """How many of `count` sockets, each with its port, got an answer; each asks until it has."""
    message = netns.query(TEST_ENTRY).to_wire()
    with contextlib.ExitStack() as stack, client.entered():
        waiting = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                   for _ in range(count)]
        for s in waiting:
            s.connect((to, 53))
        end = time.monotonic() + netns.DEADLINE_S
        while waiting and time.monotonic() < end:
            for s in waiting:
                s.send(message)
            pause = time.monotonic() + 2
            while waiting and time.monotonic() < pause:
                for s in select.select(waiting, [], [], 0.2)[0]:
                    s.recv(4096)
                    waiting.remove(s)
        return count - len(waiting)


def check_queues(checks, product, client, nic, where):
    names = [f'worker_replies{{worker="{w}"}}' for w in range(WORKERS)]
    before = product.stats()
    checks.is_equal(before[f'port_queues{{port="{nic.pci}"}}'], WORKERS, f"{where}: queues")
    checks.is_equal(ask_from_many(client, nic.address(4, 1), ASKERS), ASKERS,
                    f"{where}: all of {ASKERS} source ports are answered")
    after = product.stats()
    shares = [after[name] - before[name] for name in names]
    used = sum(share > 0 for share in shares)
    checks.is_equal(used, WORKERS if nic.is_spread else 1,
                    f"{where}: workers that answered, {shares}")


class Wire:
    """Frames as they are, from the host's end of a NIC."""

    def __init__(self, client, nic):
        self.nic = nic
        with client.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((nic.tap, 3))
        self.socket.setsockopt(SOL_PACKET, SO_AUXDATA, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def query(self, identity, has_checksum=True, damage=0, tag=b""):
        """A frame with a query of that id."""
        message = netns.query(TEST_ENTRY)
        message.id = identity
        to = self.nic.address(4, 1)
        pseudo = socket.inet_aton(test_frames.PEER4) + socket.inet_aton(to)
        datagram = test_frames.udp(message.to_wire(), pseudo, damage=damage)
        if not has_checksum:
            datagram = datagram[:6] + b"\0\0" + datagram[8:]
        return test_frames.ethernet(test_frames.ip4(datagram, to=to),
                                    to=bytes.fromhex(self.nic.mac.replace(":", "")), tag=tag)

    def answer(self, identity):
        """(VLAN or 0, answer in a line) of a query, once its answer comes; None after a second."""
        end = time.monotonic() + 1
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                frame, auxiliary, _, _ = self.socket.recvmsg(4096, 256)
            except TimeoutError:
                break
            if frame[:6] != test_frames.PEER_MAC or frame[42:44] != struct.pack(">H", identity):
                continue
            status, _, _, _, _, tag, _ = struct.unpack("IIIHHHH", auxiliary[0][2][:20])
            message = dns.message.from_wire(frame[42:], ignore_trailing=True)
            return (tag if status & VLAN_VALID else 0), netns.summary(message)
        return None


def check_frames(checks, product, client, nic, where):
    """What the card, its driver and we say of checksums and tags."""
    listed = "NOERROR 127.0.0.2"
    drops = 'drops{reason="udp_checksum"}'
    with Wire(client, nic) as wire:
        for identity, how, expected, why in (
                (1, {}, (0, listed), "a frame as it should be"),
                (2, {"has_checksum": False}, (0, listed), "no UDP checksum"),
                (3, {"tag": struct.pack(">HH", 0x8100, TAG)}, (TAG, listed), "a VLAN tag")):
            def came(identity=identity, how=how):
                wire.socket.send(wire.query(identity, **how))
                return wire.answer(identity)
            checks.is_equal(netns.wait_for(came, why), expected, f"{where}: {why}")
        before = product.stats()
        wire.socket.send(wire.query(4, damage=1))
        wire.socket.send(wire.query(5))
        checks.is_true(netns.wait_for(lambda: wire.answer(5), "an answer"),
                       f"{where}: answered behind a damaged one")
    checks.is_equal(product.stats()[drops] - before[drops], 1,
                    f"{where}: a damaged UDP checksum is counted, and not answered")


def set_link(product, nic, is_up):
    """Pull the cable or put it back, and wait until the kernel in the guest knows."""
    product.box.set_link(f"n{nic.index}", is_up)
    netns.wait_for(lambda: product.carrier(nic) == str(int(is_up)), f"the link of {nic.name}")


def check_flaps(checks, product, client, nic, where):
    changes = product.log().count(f"port {nic.pci}: link ")
    for is_up in (False, True, False):
        set_link(product, nic, is_up)
    checks.is_equal(product.of_port(nic, "port_link_up"), 0, f"{where}: no link")
    set_link(product, nic, True)
    checks.is_equal(product.of_port(nic, "port_link_up"), 1, f"{where}: a link again")
    with client.entered():
        answer = netns.ask(nic.address(4, 1), TEST_ENTRY)
        checks.is_equal(netns.summary(answer), "NOERROR 127.0.0.2", f"{where}: after link flaps")
        answer = netns.ask(nic.address(6, 1), TEST_ENTRY, tcp=True)
        checks.is_equal(netns.summary(answer), "NOERROR 127.0.0.2",
                        f"{where}: after link flaps, TCP and IPv6")
    checks.is_equal(product.log().count(f"port {nic.pci}: link ") - changes, 4,
                    f"{where}: each change of the link is told once")


def check_refused(checks, box):
    """What is said of cards that cannot be used."""
    nic = NICS[0]
    arguments = f"--port {nic.pci} --address {nic.address(4, 1)}/24 --socket /run/refused.sock"
    for driver, flags, text in (
            (None, "", "it is bound to no driver: expected vfio-pci, or uio_pci_generic and "
             "hugepages"),
            ("uio_pci_generic", "--hugepages never",
             "it is bound to 'uio_pci_generic', which needs hugepages")):
        bind(box, [nic], driver)
        said = box.run(f"reputed-dataplane {arguments} {flags} 2>&1 || true")
        checks.is_true(f"--port '{nic.pci}': {text}" in said,
                       text if text in said else f"{text}: {said}")


def check_killed(checks, product, client):
    """A data plane that could not say goodbye to the cards: the next one serves on them."""
    product.box.run("kill -9 $(pidof reputed-dataplane)")
    with client.entered():
        for nic in NICS:
            def said(address=nic.address(4, 1)):
                answer = netns.summary(netns.ask(address, TEST_ENTRY))
                return answer if answer != "SERVFAIL EDE14" else None  # not loaded yet
            checks.is_equal(netns.wait_for(said, nic.name), "NOERROR 127.0.0.2",
                            f"{nic.name}: answers after the data plane was killed")


def check_change(checks, product, client, address):
    """What changes in control is answered on every NIC."""
    product.box.run(f"{REPUTECTL} list add local {address}")
    with client.entered():
        for nic in NICS:
            answer = netns.ask(nic.address(4, 1), reverse(address))
            checks.is_equal(netns.summary(answer), "NOERROR 127.0.0.3",
                            f"{nic.name}: an address listed by hand")


def check_late_link(checks, product):
    """The data plane started while no NIC had a link."""
    stats = product.stats()
    for nic in NICS:
        checks.is_equal(stats[f'port_link_up{{port="{nic.pci}"}}'], 0,
                        f"{nic.name}: started without a link")
        product.box.set_link(f"n{nic.index}", True)


def check_driver(checks, box, client, driver, listed):
    is_late = driver == "vfio-pci"
    for nic in NICS:
        box.set_link(f"n{nic.index}", not is_late)
    with Product(box, driver) as product:
        if is_late:
            check_late_link(checks, product)
        for nic in NICS:
            where = f"{driver}, {nic.name}"
            with checks.group(where):
                check_answers(checks, client, nic, where, listed)
                check_neighbors(checks, client, nic, where)
                check_tcp(checks, product, client, nic, where)
                check_queues(checks, product, client, nic, where)
                check_frames(checks, product, client, nic, where)
                check_flaps(checks, product, client, nic, where)
        with checks.group(driver):
            check_change(checks, product, client, f"192.0.2.{len(driver)}")
            check_killed(checks, product, client)


def give_up(*_):
    sys.stderr.write(f"test_nic.py: not done after {LIFE_S} s\n")
    sys.exit(1)


def main(build):
    skip_unless_possible()
    checks = netns.Checks()
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LIFE_S)
    begun = time.monotonic()
    with open(SAMPLE, encoding="utf-8") as lines:
        listed = [line.strip() for line in lines if line[0].isdigit()][::400]
    with netns.Namespace() as client, tempfile.TemporaryDirectory(prefix="reputed-nic-") as folder:
        image = os.path.join(folder, "cpio")
        make_image(build, image)
        make_taps(client)
        words = [word for nic in NICS for word in nic.words()]
        with guest.Guest(os.path.join(UNPACKED, "vmlinux"), image, words, client) as box:
            check_refused(checks, box)
            for driver in ("uio_pci_generic", "vfio-pci"):
                print(f"# {time.monotonic() - begun:.1f} s: {driver}", flush=True)
                check_driver(checks, box, client, driver, listed)
    print(f"# {time.monotonic() - begun:.1f} s in all")
    return checks.done()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
