# SPDX-License-Identifier: BSD-3-Clause
"""What must be seen, and what must not, through every resolver in front of the lab's server."""
import lab
import netns

LISTED = [
    (lab.reverse(lab.RANGE) + ".bl.example", "127.0.0.9", "inside a listed /24"),
    (lab.reverse("192.0.2.0") + ".bl.example", "127.0.0.9", "the first address of a listed /24"),
    (lab.reverse(lab.SINGLE) + ".bl.example", "127.0.0.6", "a single IPv4 address"),
    (lab.reverse(lab.SINGLE6) + ".bl.example", "127.0.0.6", "a single IPv6 address"),
    ("bad.example.dbl.example", "127.0.1.2", "a name"),
    ("a.b.worse.example.dbl.example", "127.0.1.2", "a name below a listed name"),
    ("2.0.0.127.bl.example", "127.0.0.2", "the test entry"),
    (lab.reverse(lab.BOTH) + ".wl.example", "127.0.2.3", "an allowed address"),
]
UNLISTED = [
    (lab.reverse(lab.CLEAN) + ".bl.example", "a clean IPv4 address"),
    (lab.reverse("198.51.100.6") + ".bl.example", "the neighbour of a listed address"),
    (lab.reverse(lab.CLEAN6) + ".bl.example", "a clean IPv6 address"),
    ("fine.example.dbl.example", "a clean name"),
    ("1.0.0.127.bl.example", "what is never listed"),
]


def check(box, checks, front):
    """Every listing is there through the resolver, and nothing else is."""
    for name, code, why in LISTED:
        checks.is_equal(box.ask(name), f"NOERROR {code}", f"{front}: {why} is listed")
    for name, why in UNLISTED:
        checks.is_equal(box.ask(name), "NXDOMAIN", f"{front}: {why} is not listed")
    checks.is_equal(box.ask(LISTED[0][0], "TXT"),
                    f'NOERROR "{lab.RANGE} is in a hijacked network"', f"{front}: the text")


def start_rbldnsd(box, address, port):
    """The peer, with the zone old.example and one listed address; the name that asks for it."""
    box.write("ips", lab.RANGE + "\n")
    box.start("/usr/sbin/rbldnsd", "-n", "-r", lab.FOLDER, "-b", f"{address}/{port}",
              "old.example:ip4set:ips")
    name = lab.reverse(lab.RANGE) + ".old.example"
    netns.wait_for(lambda: box.ask(name, server=address, port=port) == "NOERROR 127.0.0.2",
                   "rbldnsd")
    return name
