#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""unbound in front, with strict QNAME minimisation; and what becomes of rbldnsd's listings there."""
import lab
import listings
import netns

BASE = """\
server:
    interface: 127.0.0.1
    chroot: ""
    username: ""
    use-syslog: no
    directory: "/run/lab"
    pidfile: ""
    num-threads: 1
remote-control:
    control-enable: no
"""


def start_unbound(box, name, *blocks):
    config = box.write(name, BASE + "".join(blocks))
    process = box.start("unbound", "-d", "-c", config)
    box.wait_log("unbound", "start of service", process)
    return process


def stop(box, process):
    process.terminate()
    process.wait(netns.DEADLINE_S)
    box.write("unbound.log", "")


def check_rbldnsd(box, checks):
    """The peer behind the same strict unbound; this is why empty non-terminals matter."""
    name = listings.start_rbldnsd(box, "127.0.0.1", 5301)
    zone = ('server:\n  domain-insecure: "old.example"\nstub-zone:\n  name: "old.example"\n'
            '  stub-addr: 127.0.0.1@5301\n')
    process = start_unbound(box, "old.conf", box.block("unbound.conf"), box.block("strict.conf"),
                            zone)
    checks.is_equal(box.ask(name), "NXDOMAIN", "rbldnsd's listing is lost behind strict unbound")
    checks.is_equal(box.ask(listings.LISTED[0][0]), "NOERROR 127.0.0.9", "ours is not, in the same unbound")
    stop(box, process)


def test(box, checks):
    box.serve(listen=["127.0.0.1:5300"])
    box.write("unbound.log", "")
    for front, more in [("unbound", ""), ("strict unbound", box.block("strict.conf")),
                        ("unbound with 0x20", "server:\n    use-caps-for-id: yes\n")]:
        process = start_unbound(box, "unbound.conf", box.block("unbound.conf"), more)
        listings.check(box, checks, front)
        stop(box, process)
    check_rbldnsd(box, checks)


if __name__ == "__main__":
    lab.main("unbound", ["unbound"], test, users=["unbound"])
