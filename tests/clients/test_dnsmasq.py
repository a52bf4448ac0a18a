#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""dnsmasq in front, with its protection against DNS rebinding on."""
import lab
import listings

BASE = """\
no-resolv
no-hosts
listen-address=127.0.0.1
bind-interfaces
user=root
pid-file=
"""


def test(box, checks):
    box.serve(listen=["127.0.0.1:5300"])
    config = box.write("dnsmasq.conf", BASE + box.block("dnsmasq.conf"))
    process = box.start("dnsmasq", "--keep-in-foreground", "--log-facility=-", "-C", config)
    box.wait_log("dnsmasq", "started", process)
    listings.check(box, checks, "dnsmasq")
    listings.check(box, checks, "dnsmasq's cache")


if __name__ == "__main__":
    lab.main("dnsmasq", ["dnsmasq-base"], test, users=["dnsmasq"])
