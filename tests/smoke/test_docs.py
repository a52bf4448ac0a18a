#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What is documented is what there is: every example of a configuration passes `reputectl check`, and
every key, command, option and flag has its line in a man page. Prints TAP.

usage: test_docs.py BUILD_DIRECTORY
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

import netns

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LISTEN = 'dataplane: {listen: ["127.0.0.1:5300"]}\n'
REST = "lists: [{name: local, manual: true}]\nzones: [{name: bl.example, lists: [local]}]\n"
# By mapping: where a key that nobody knows makes `check` name those that it knows.
MAPPINGS = {
    "the top level": "oops: 1\n" + LISTEN + REST,
    "dataplane": "dataplane: {oops: 1}\n" + REST,
    "ports": "dataplane: {ports: [{device: x, addresses: [10.0.0.1/8], oops: 1}]}\n" + REST,
    "access": "access: [{from: 10.0.0.0/8, action: allow, oops: 1}]\n" + LISTEN + REST,
    "cookies": "cookies: {oops: 1}\n" + LISTEN + REST,
    "identity": "identity: {oops: 1}\n" + LISTEN + REST,
    "rate_limit": "rate_limit: {responses_per_s: 1, oops: 1}\n" + LISTEN + REST,
    "http": 'http: {listen: "127.0.0.1:8053", oops: 1}\n' + LISTEN + REST,
    "monitor": "monitor: {addresses: [192.0.2.1], oops: 1}\n" + LISTEN + REST,
    "guard": "guard: {oops: 1}\n" + LISTEN + REST,
    "lists": LISTEN + REST.replace("manual: true", "manual: true, oops: 1"),
    "feed": LISTEN + REST.replace("manual: true", "feed: {path: p, format: plain, oops: 1}"),
    "guards": LISTEN + REST.replace("manual: true",
                                    "feed: {path: p, format: plain, guards: {oops: 1}}"),
    "zones": LISTEN + REST.replace("lists: [local]", "lists: [local], oops: 1"),
    "soa": LISTEN + REST.replace("lists: [local]", "lists: [local], soa: {oops: 1}"),
}


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def check(build, text):
    """What `reputectl check` says of a configuration, '' when it is content."""
    with tempfile.TemporaryDirectory(prefix="reputed-docs-") as folder:
        path = os.path.join(folder, "reputed.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        for name in set(re.findall(r"secrets/[a-z0-9.]+", text)):
            os.makedirs(os.path.join(folder, "secrets"), exist_ok=True)
            with open(os.path.join(folder, name), "w", encoding="utf-8",
                      opener=lambda *a: os.open(*a, 0o600)) as file:
                file.write(f"{name[-8:]:x>20}\n".replace("/", "-"))
        run = subprocess.run([os.path.join(build, "reputectl"), "check", path], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return "" if run.returncode == 0 else run.stdout.replace(path, "")


def examples():
    """(where, configuration) of every example that is whole, or but for where to listen."""
    for path in ["README.md"] + sorted(glob.glob("docs/**/*.md", root_dir=ROOT, recursive=True)):
        for number, text in enumerate(re.findall(r"^```yaml.*?\n(.*?)^```$", read(path),
                                                 re.M | re.S), 1):
            yield f"{path}, example {number}", text
    for text in re.findall(r"^\.Bd -literal\n(.*?)^\.Ed$", read("docs/man/reputed.yaml.5"),
                           re.M | re.S):
        yield "reputed.yaml(5)", text
    for path in sorted(glob.glob("packaging/**/*.yaml", root_dir=ROOT, recursive=True)):
        yield path, read(path)


def check_examples(checks, build):
    count = 0
    for where, text in examples():
        head = "" if re.search(r"^dataplane:", text, re.M) else LISTEN
        said = check(build, head + text)
        checks.is_true(not said, f"{where} passes reputectl check {said}".rstrip())
        count += 1
    checks.is_true(count >= 6, f"{count} examples were found")


def check_keys(checks, build):
    page = read("docs/man/reputed.yaml.5")
    for mapping, text in MAPPINGS.items():
        found = re.search(r"oops: unknown key, expected one of: (.*)", check(build, text))
        keys = found[1].split(", ") if found else []
        missing = [key for key in keys if not re.search(rf"\bCm\b.*\b{key}\b", page)]
        checks.is_true(keys and not missing,
                       f"the {len(keys)} keys of {mapping} are in reputed.yaml(5) "
                       f"{' '.join(missing)}".rstrip())


def help_of(build, program, *words):
    return subprocess.run([os.path.join(build, program), *words, "--help"], text=True,
                          stdout=subprocess.PIPE, check=True).stdout


def check_commands(checks, build):
    page = read("docs/man/reputectl.1")
    lines = re.search(r"^commands:\n(.*?)\n\n", help_of(build, "reputectl"), re.M | re.S)[1]
    for line in lines.splitlines():
        command = " ".join(re.match(r"  ([a-z]+(?: [a-z]+)*)", line)[1].split("  ")[0].split())
        checks.is_true(re.search(rf"^\.It Cm {command}\b", page, re.M),
                       f"'reputectl {command}' is in reputectl(1)")
        for option in re.findall(r"^  --([a-z-]+)", help_of(build, "reputectl", *command.split()),
                                 re.M):
            checks.is_true(f"Fl \\-{option}" in page, f"and its option --{option}")


def check_flags(checks, build):
    page = read("docs/man/reputed-dataplane.8")
    flags = re.findall(r"^  --([a-z-]+)", help_of(build, "reputed-dataplane"), re.M)
    missing = [flag for flag in flags if f".It Fl \\-{flag}" not in page]
    checks.is_true(len(flags) > 10 and not missing,
                   f"the {len(flags)} flags are in reputed-dataplane(8) {' '.join(missing)}".rstrip())


def main():
    build = sys.argv[1]
    checks = netns.Checks()
    for step in (check_examples, check_keys, check_commands, check_flags):
        with checks.group(step.__name__):
            step(checks, build)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
