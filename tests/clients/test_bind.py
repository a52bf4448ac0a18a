#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""BIND in front: forwarding, and as a stub with strict QNAME minimisation."""
import lab
import listings
import netns

NAMED = """\
options {
	directory "/run/lab";
	pid-file none;
	session-keyfile none;
	listen-on { 127.0.0.1; };
	listen-on-v6 { none; };
	dnssec-validation auto;
	managed-keys-directory "/run/lab";
%s
};
controls { };
%s
"""


def start_bind(box, options, zones):
    box.write("named.log", "")
    config = box.write("named.conf", NAMED % (options, zones))
    process = box.start("named", "-g", "-c", config)
    box.wait_log("named", r"\brunning$", process)
    return process


def stop(process):
    process.terminate()
    process.wait(netns.DEADLINE_S)


def check_front(box, checks, front, options, zones):
    process = start_bind(box, options, zones)
    listings.check(box, checks, front)
    stop(process)


def check_rbldnsd(box, checks, options):
    """The peer behind the same strict BIND: the check above can fail."""
    name = listings.start_rbldnsd(box, "127.0.0.54", 53)
    zone = 'zone "old.example" { type static-stub; server-addresses { 127.0.0.54; }; };\n'
    process = start_bind(box, options, box.block("static-stub.conf") + zone)
    checks.is_equal(box.ask(name), "NXDOMAIN", "rbldnsd's listing is lost behind strict BIND")
    checks.is_equal(box.ask(listings.LISTED[0][0]), "NOERROR 127.0.0.9", "ours is not")
    stop(process)


def test(box, checks):
    box.serve(listen=["127.0.0.1:5300", "127.0.0.53:53"])
    options = box.block("options.conf")
    check_front(box, checks, "BIND forwarding", options, box.block("forward.conf"))
    check_front(box, checks, "BIND as a stub", options, box.block("static-stub.conf"))
    strict = options + "qname-minimization strict;\n"
    check_front(box, checks, "BIND as a strict stub", strict, box.block("static-stub.conf"))
    check_rbldnsd(box, checks, strict.replace("validate-except {",
                                              'validate-except { "old.example";'))


if __name__ == "__main__":
    lab.main("bind", ["bind9"], test, users=["bind"])
