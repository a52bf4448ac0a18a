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


def check_front(box, checks, front, options, zones):
    box.write("named.log", "")
    config = box.write("named.conf", NAMED % (options, zones))
    process = box.start("named", "-g", "-c", config)
    box.wait_log("named", r"\brunning$", process)
    listings.check(box, checks, front)
    process.terminate()
    process.wait(netns.DEADLINE_S)


def test(box, checks):
    box.serve(listen=["127.0.0.1:5300", "127.0.0.53:53"])
    options = box.block("options.conf")
    check_front(box, checks, "BIND forwarding", options, box.block("forward.conf"))
    check_front(box, checks, "BIND as a stub", options, box.block("static-stub.conf"))
    check_front(box, checks, "BIND as a strict stub", options + "qname-minimization strict;\n",
                box.block("static-stub.conf"))


if __name__ == "__main__":
    lab.main("bind", ["bind9"], test, users=["bind"])
