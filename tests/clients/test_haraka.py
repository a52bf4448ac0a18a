#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Haraka with its dns-list plugin: its own RFC 5782 checks, then SMTP sessions."""
import os
import shutil

import lab

FILES = {
    "smtp.ini": "listen=[::0]:25\nnodes=0\n",
    "plugins": "dns-list\nrcpt_to.in_host_list\n",
    "host_list": "mail.example\n",
    "me": "mail.example\n",
    "loglevel": "info\n",
}
# Haraka asks about no documentation address: these are of the range for benchmarks.
LISTED, CLEAN, BOTH = "198.18.0.7", "198.18.0.9", "198.18.0.8"
LISTS = {"spam": f"{LISTED}\n{BOTH}\n{lab.SINGLE6}\n", "partners": BOTH + "\n"}
CONFIG = lab.CONFIG.replace("format: plain}", "format: plain, guards: {bogons: keep}}")
PASSED = [
    (CLEAN, "in no list"),
    (lab.CLEAN6, "IPv6, in no list"),
    (BOTH, "listed, but in the allow list too"),
]


def test(box, checks):
    box.serve(config=CONFIG, files={**lab.FILES, **LISTS})
    box.add_outside([LISTED, CLEAN, BOTH])
    modules = os.path.join(box.packages["haraka"], "node_modules")
    # Haraka's own files, as `haraka -i` copies them, and ours over them.
    shutil.copytree(os.path.join(modules, "Haraka/config"), box.path("haraka/config"))
    for name, text in FILES.items():
        box.write("haraka/config/" + name, text)
    box.write("haraka/config/dns-list.ini", box.block("dns-list.ini"))
    os.symlink(modules, box.path("haraka/node_modules"))
    process = box.start("node", os.path.join(modules, "Haraka/bin/haraka"), "-c",
                        box.path("haraka"))
    box.wait_port(25, process)
    for kind, zone in (("block", "bl.example"), ("allow", "wl.example")):
        checks.is_true(box.wait_log("node", f"enabling {kind} zone {zone}", process),
                       f"{zone} passes Haraka's test and is enabled")
    for source in (LISTED, lab.SINGLE6):
        checks.is_equal(box.smtp(source), f"554 host [{source}] is listed on bl.example",
                        f"Haraka rejects {source}")
    for source, why in PASSED:
        checks.is_equal(box.smtp(source)[:3], "250", f"Haraka takes mail from {source}, {why}")
    checks.is_true("EREFUSED" not in box.log("node"), "no other zone was asked")
    checks.is_true("disabling" not in box.log("node"), "no zone was disabled meanwhile")


if __name__ == "__main__":
    lab.main("haraka", ["haraka"], test)
