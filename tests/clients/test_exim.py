#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Exim: SMTP sessions with its daemon."""
import lab

CONFIG = """\
primary_hostname = mail.example
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = /run/lab/exim
log_file_path = /run/lab/exim/%%slog
pid_file_path = /run/lab/exim/pid
keep_environment =
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
disable_ipv6 = false
daemon_smtp_ports = 25
acl_smtp_rcpt = check_rcpt
begin acl
check_rcpt:
  deny    domains = ! mail.example
          message = relay not permitted
%s
  accept
"""
REJECTED = [
    (lab.RANGE, "192.0.2.77 is listed in bl.example: 192.0.2.77 is in a hijacked network",
     "by equality"),
    (lab.KNOWN, "192.0.2.78 is listed in bl.example: 192.0.2.78 is in a hijacked network",
     "in the allow list without trust"),
    (lab.SINGLE, "198.51.100.7 is listed in bits.example (127.0.0.4): 198.51.100.7 sent spam to "
     "traps", "by one bit"),
    (lab.SINGLE6, "2001:db8:bad::25 is listed in bits.example (127.0.0.4): 2001:db8:bad::25 sent "
     "spam to traps", "by one bit, IPv6"),
    (lab.TWICE, "203.0.113.41 is listed in bits.example (127.0.0.12): 203.0.113.41 sent "
     "spam to traps; 203.0.113.41 is dynamic", "by two bits"),
]
PASSED = [
    (lab.CLEAN, "in no list"),
    (lab.CLEAN6, "IPv6, in no list"),
    (lab.DYNAMIC, "listed with a code that is not named, and one bit of two"),
    (lab.BOTH, "listed, but accepted by the allow list first"),
]


def test(box, checks):
    box.serve(config=box.block("reputed.yaml"))
    box.make_folder("exim", "Debian-exim")
    config = box.write("exim.conf", CONFIG % box.block("acl"))
    process = box.start("exim4", "-C", config, "-bdf")
    box.wait_port(25, process)
    for source, text, why in REJECTED:
        checks.is_equal(box.smtp(source), "550 " + text, f"Exim rejects {source}, {why}")
    for source, why in PASSED:
        checks.is_equal(box.smtp(source), "250 Accepted", f"Exim takes mail from {source}, {why}")
    checks.is_equal(box.smtp(lab.CLEAN, sender="x@bad.example"),
                    "550 bad.example is listed in dbl.example: bad.example is a spam domain",
                    "Exim rejects a listed sender domain")
    checks.is_true(process.poll() is None, "and is still there")


if __name__ == "__main__":
    lab.main("exim", ["exim4-daemon-heavy"], test, users=["Debian-exim"])
