#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Check that every include respects the layers.

usage: layers.py [ROOT]

Prints each include that crosses a layer the wrong way, as FILE:LINE; exit status 1 if there is one.
"""
import os
import re
import sys

# The answer core knows tables and bytes, nothing of DPDK, sockets or the other files of its folder.
CORE = {"parse", "lookup", "reply", "access", "answer", "query", "query_set", "drop", "frame", "neigh",
        "qname", "text", "dns", "headers", "checksum", "cookie", "cursor", "edns", "identity",
        "plain", "reversed", "opt", "rr", "sections", "writer"}

# layer -> layers it may include, beside itself
ALLOWED = {
    "table": set(),
    "proto": set(),
    "core": {"table"},
    "dataplane": {"core", "table", "proto"},
    "feeds": set(),
    "control": {"feeds", "proto"},
    "bench": {"table", "proto", "core", "dataplane", "feeds", "control", "tests"},
    "tests": {"table", "proto", "core", "dataplane", "feeds", "control", "bench"},
}
NO_DPDK = {"table", "proto", "core", "feeds", "control"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def layer_of(path):
    """The layer a file of the tree belongs to, or None."""
    parts = path.split("/")
    if parts[0] == "dataplane" and len(parts) > 2:
        return parts[1]
    if parts[0] == "dataplane":
        stem = os.path.splitext(parts[-1])[0]
        return "core" if stem.split("_")[0] in CORE else "dataplane"
    return parts[0] if parts[0] in ALLOWED else None


def complaints(root):
    for directory, folders, files in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith((".", "build"))]
        for name in sorted(files):
            if not name.endswith((".c", ".h")):
                continue
            path = os.path.relpath(os.path.join(directory, name), root)
            layer = layer_of(path)
            if layer is None:
                yield f"{path}:1: in no layer: the top level is dataplane control feeds bench tests"
                continue
            with open(os.path.join(directory, name), encoding="utf-8") as source:
                for number, line in enumerate(source, 1):
                    yield from judge(path, layer, number, line)


def judge(path, layer, number, line):
    match = INCLUDE.match(line)
    if not match:
        return
    quote, target = match.groups()
    if quote == "<":
        if target.startswith("rte_") and layer in NO_DPDK:
            yield f"{path}:{number}: '{layer}' must not include <{target}>: it does not know DPDK"
        return
    if target == "update.pb-c.h":
        target = "dataplane/proto/update.pb-c.h"
    elif "/" not in target:
        yield f"{path}:{number}: include \"{target}\" from the root, with its folder"
        return
    other = layer_of(target)
    if other != layer and other not in ALLOWED[layer]:
        yield f"{path}:{number}: '{layer}' must not include \"{target}\" of '{other}'"


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    found = list(complaints(root))
    print("\n".join(found) if found else "layers: ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
