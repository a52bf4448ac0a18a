# SPDX-License-Identifier: BSD-3-Clause
"""A root file system for a guest, as a cpio archive (newc) of files of this machine.

    image = initramfs.Image()
    image.add("/bin/busybox")
    image.add_program("build/reputed", "bin/reputed")   # with the libraries it loads
    image.put("init", b"#!/bin/sh\\n...", 0o755)
    image.write("g.cpio")

Files keep their places and their symbolic links: DPDK registers a driver twice, and panics, when
it finds one as two files under two names.
"""
import os
import re
import stat
import subprocess

DRIVERS = "/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0"


def libraries(path):
    """What a program or library loads, and the loader."""
    said = subprocess.run(["ldd", path], check=True, text=True, stdout=subprocess.PIPE).stdout
    return re.findall(r"^\t(?:\S+ => )?(/\S+)", said, re.M)


class Image:
    def __init__(self):
        self.entries = {}  # path without leading slash -> (mode, bytes)

    def folder(self, path):
        """A directory and those above it; one that is a symbolic link here is one there."""
        path = path.strip("/")
        if not path or path in self.entries:
            return
        self.folder(os.path.dirname(path))
        if os.path.islink(f"/{path}"):
            self.link(f"/{path}")
        else:
            self.entries[path] = (stat.S_IFDIR | 0o755, b"")

    def link(self, path):
        to = os.readlink(path)
        self.entries[path.strip("/")] = (stat.S_IFLNK | 0o777, to.encode())
        self.add(os.path.normpath(os.path.join(os.path.dirname(path), to)))

    def put(self, path, data, mode=0o644):
        self.folder(os.path.dirname(path))
        self.entries[path.strip("/")] = (stat.S_IFREG | mode, data)

    def put_file(self, path, source, mode=0o644):
        with open(source, "rb") as file:
            self.put(path, file.read(), mode)

    def add(self, path):
        """A file, directory or link of this machine, at the same place."""
        if path.strip("/") in self.entries:
            return
        inside = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        self.folder(os.path.dirname(path))
        if os.path.islink(inside):
            self.folder(os.path.dirname(inside))
            self.link(inside)
        elif os.path.isdir(inside):
            self.folder(inside)
        elif inside.strip("/") not in self.entries:
            self.put_file(inside, inside, 0o755)

    def add_program(self, path, to):
        """A program, at a place of its own, and the libraries it loads."""
        for library in libraries(path):
            self.add(library)
        self.put_file(to, path, 0o755)

    def add_drivers(self, names):
        """DPDK loads whatever is in its directory of drivers."""
        for name in names:
            path = f"{DRIVERS}/librte_{name}.so.23.0"
            for library in libraries(path):
                self.add(library)
            self.add(path)
            self.add(f"/usr/lib/x86_64-linux-gnu/librte_{name}.so.23")

    def write(self, path):
        with open(path, "wb") as file:
            for number, (name, (mode, data)) in enumerate([*self.entries.items(),
                                                           ("TRAILER!!!", (0, b""))]):
                # magic, inode, mode, uid, gid, links, mtime, size, 4 device numbers, name, check
                fields = [number + 1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
                head = b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0"
                for part in (head, data):
                    file.write(part + b"\0" * (-len(part) % 4))
