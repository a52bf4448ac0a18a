#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Postfix: SMTP sessions with its smtpd, then through postscreen."""
import concurrent.futures
import os
import subprocess

import lab
import netns

MAIN = """\
compatibility_level = 3.6
queue_directory = /run/lab/queue
data_directory = /run/lab/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = /run/lab/maillog
maillog_file_prefixes = /run
myhostname = mail.example
mydestination = mail.example
mynetworks = 127.0.0.0/8
inet_interfaces = all
alias_maps =
alias_database =
local_recipient_maps =
smtputf8_enable = no
smtpd_tls_security_level = none
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
postscreen_greet_wait = 10s
postscreen_access_list = permit_mynetworks
postscreen_cache_map = internal:psc
"""
SMTPD = "smtp      inet  n       -       n       -       -       smtpd\n"
MASTER = """\
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
anvil     unix  -       -       n       -       1       anvil
local     unix  -       n       n       -       -       local
error     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
postlog   unix-dgram n  -       n       -       1       postlogd
"""
REJECTED = [
    (lab.RANGE, "554 5.7.1 Service unavailable; Client host [192.0.2.77] blocked using bl.example; "
     "192.0.2.77 is in a hijacked network"),
    (lab.KNOWN, "554 5.7.1 Service unavailable; Client host [192.0.2.78] blocked using bl.example; "
     "192.0.2.78 is in a hijacked network"),
    (lab.SINGLE, "554 5.7.1 Service unavailable; Client host [198.51.100.7] blocked using "
     "bl.example; 198.51.100.7 sent spam to traps"),
    (lab.SINGLE6, "554 5.7.1 Service unavailable; Client host [2001:db8:bad::25] blocked using "
     "bl.example; 2001:db8:bad::25 sent spam to traps"),
]
PASSED = [
    (lab.CLEAN, "in no list"),
    (lab.CLEAN6, "IPv6, in no list"),
    (lab.DYNAMIC, "listed with a code outside the filter"),
    (lab.BOTH, "listed, but allowed by permit_dnswl_client"),
]


def start_postfix(box, config, main, services):
    """Postfix in the foreground, its files in a folder of the lab."""
    box.write(config + "/main.cf", main)
    box.write(config + "/master.cf", services + MASTER)
    os.makedirs(box.path("queue"), exist_ok=True)
    box.make_folder("data", "postfix")
    box.logs["maillog"] = box.write("maillog", "")
    process = box.start("postfix", "-c", box.path(config), "start-fg")
    box.wait_port(25, process)
    return process


def stop_postfix(box, config, process):
    subprocess.run(["postfix", "-c", box.path(config), "stop"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process.wait(netns.DEADLINE_S)


def check_smtpd(box, checks):
    process = start_postfix(box, "smtpd", MAIN + box.block("main.cf"), SMTPD)
    for source, reply in REJECTED:
        recipient = box.smtp(source)
        checks.is_equal(recipient.replace("<user@mail.example>: ", "").split(": ", 1)[-1], reply,
                        f"Postfix rejects {source} with our text")
    for source, why in PASSED:
        checks.is_equal(box.smtp(source)[:3], "250", f"Postfix takes mail from {source}, {why}")
    reply = box.smtp(lab.CLEAN, sender="x@bad.example")
    checks.is_true("554 5.7.1" in reply and "Sender address [x@bad.example] blocked using "
                   "dbl.example; bad.example is a spam domain" in reply,
                   f"Postfix rejects a listed sender domain: {reply}")
    reply = box.smtp(lab.CLEAN, helo="mx.worse.example")
    checks.is_true("554 5.7.1" in reply and "Helo command [mx.worse.example] blocked using "
                   "dbl.example; worse.example is a spam domain" in reply,
                   f"Postfix rejects a listed HELO name: {reply}")
    stop_postfix(box, "smtpd", process)


def check_postscreen(box, checks):
    process = start_postfix(box, "postscreen", MAIN + box.block("postscreen.cf"),
                            box.block("master.cf"))
    # Whatever has not answered after postscreen_greet_wait counts for nothing, so it is long, and
    # all sessions wait together.
    with concurrent.futures.ThreadPoolExecutor(len(lab.ADDRESSES)) as sessions:
        replies = dict(zip(lab.ADDRESSES, sessions.map(box.smtp, lab.ADDRESSES)))
    for source in (lab.RANGE, lab.KNOWN, lab.SINGLE, lab.SINGLE6, lab.TWICE):
        checks.is_true(replies[source].startswith("550 5.7.1 Service unavailable; client [") and
                       replies[source].endswith("blocked using bl.example"),
                       f"postscreen rejects {source}: {replies[source]}")
    box.wait_log("maillog", r"DNSBL rank 3 for \[192\.0\.2\.77\]")
    box.wait_log("maillog", r"DNSBL rank 4 for \[203\.0\.113\.41\]")
    for source, why in PASSED:
        checks.is_equal(replies[source][:3], "250", f"postscreen passes {source}, {why}")
    stop_postfix(box, "postscreen", process)


def test(box, checks):
    box.serve(config=box.block("reputed.yaml"))
    check_smtpd(box, checks)
    check_postscreen(box, checks)


if __name__ == "__main__":
    lab.main("postfix", ["postfix"], test, users=["postfix", "postdrop"])
