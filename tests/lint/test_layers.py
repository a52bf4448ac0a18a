#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The layer check must fail on planted wrong includes, or it guards nothing. Prints TAP."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

# file, its include, whether it is allowed, why
CASES = [
    ("dataplane/parse.c", '#include "dataplane/table/zones.h"', True, "the core reads tables"),
    ("dataplane/parse.c", "#include <rte_mbuf.h>", False, "the core knows no mbuf"),
    ("dataplane/parse.c", '#include "dataplane/socket.h"', False, "the core knows no socket"),
    ("dataplane/parse.c", '#include "update.pb-c.h"', False, "the core knows no protobuf"),
    ("dataplane/worker.c", "#include <rte_mbuf.h>", True, "the worker is DPDK's side"),
    ("dataplane/table/table4.c", '#include "dataplane/drop.h"', False, "a table knows no packet"),
    ("dataplane/table/table4.c", "#include <rte_malloc.h>", False, "tables are DPDK-free"),
    ("feeds/reader.c", '#include "control/log.h"', False, "nothing includes control"),
    ("feeds/reader.c", '#include "dataplane/table/table4.h"', False, "a format knows no table"),
    ("control/push.c", '#include "dataplane/proto/channel.h"', True, "control speaks the channel"),
    ("control/push.c", '#include "dataplane/table/table4.h"', False, "control holds no table"),
    ("dataplane/update.c", '#include "control/config.h"', False, "nothing includes control"),
    ("feeds/reader.c", '#include "reader.h"', False, "includes are written from the root"),
    ("tests/unit/x.c", '#include "control/config.h"', True, "tests may include anything"),
    ("network/x.c", "#include <stdio.h>", False, "an unknown top-level folder"),
]


def main():
    print(f"1..{len(CASES)}")
    failed = 0
    for number, (path, include, is_allowed, reason) in enumerate(CASES, 1):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.dirname(os.path.join(root, path)))
            with open(os.path.join(root, path), "w", encoding="utf-8") as source:
                source.write(include + "\n")
            status = subprocess.run([os.path.join(HERE, "layers.py"), root],
                                    stdout=subprocess.DEVNULL).returncode
        is_ok = (status == 0) == is_allowed
        failed += not is_ok
        print(f"{'ok' if is_ok else 'not ok'} {number} {path} {include.replace('#', '')}: {reason}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
