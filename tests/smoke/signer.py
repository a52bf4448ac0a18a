# SPDX-License-Identifier: BSD-3-Clause
"""OpenPGP keys made by gpg in a folder of their own, and detached signatures by them."""
import os
import subprocess


class Signer:
    """names: keys that last; those of `expired` ended in 2020."""

    def __init__(self, folder, names, expired=()):
        self.home = os.path.join(folder, "gnupg")
        os.mkdir(self.home, 0o700)
        for name in names:
            self.gpg("--quick-generate-key", name, "ed25519", "sign", "never")
        for name in expired:
            self.gpg("--quick-generate-key", name, "ed25519", "sign", "30d", year=2020)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)

    def gpg(self, *words, data=b"", year=None):
        clock = ("--faked-system-time", f"{year}0102T000000") if year else ()
        return subprocess.run(["gpg", "--homedir", self.home, "--batch", "--quiet", "--no-tty",
                               "--passphrase", "", "--pinentry-mode", "loopback", *clock, *words],
                              input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=True).stdout

    def keys(self, *names, armor=False):
        return self.gpg(*(["--armor"] if armor else []), "--export", *names)

    def sign(self, name, data, armor=True, year=None):
        return self.gpg("--local-user", name, *(["--armor"] if armor else []), "--detach-sign",
                        data=data, year=year)
