# SPDX-License-Identifier: BSD-3-Clause
"""Runs reputed-fetch into a file of its own."""
import json
import os
import subprocess


class Fetcher:
    """size_max, timeout_s: what every fetch is limited to."""

    def __init__(self, build, folder, size_max=100000, timeout_s=2):
        self.program = os.path.join(build, "reputed-fetch")
        self.path = os.path.join(folder, "source")
        self.limits = ("--size-max", str(size_max), "--timeout", str(timeout_s))

    def reset(self, content=None):
        """Forget what was fetched; the file has this content, or is not there."""
        for end in ("", ".json", ".part", ".sum", ".sum.json"):
            if os.path.exists(self.path + end):
                os.unlink(self.path + end)
        if content is not None:
            with open(self.path, "wb") as file:
                file.write(content)

    def run(self, source, *options, is_argument=False):
        """What it says of a source, which it gets as the daemon gives it: not as an argument."""
        done = subprocess.run([self.program, "--output", self.path, *self.limits, *options,
                               source if is_argument else "-"],
                              input=source + "\n", capture_output=True, text=True, check=False,
                              env={**os.environ, "http_proxy": "http://127.0.0.1:1"})
        return json.loads(done.stdout) if done.stdout else {"outcome": done.stderr, "reason": ""}

    def content(self):
        """None: there is no file."""
        if not os.path.exists(self.path):
            return None
        with open(self.path, "rb") as file:
            return file.read()

    def lines(self):
        """The content with single spaces."""
        content = self.content()
        return content and [" ".join(text.split()) for text in content.decode().splitlines()]
