#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""House rules that no other checker knows. Prints path:line: what, exit 1 if any.

Usage: scripts/tidy.py RULE, one of: lines licence functions words includes;
or `scripts/tidy.py files` to print the names of all source files.
"""

import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
CODE = (".c", ".h", ".py", ".sh", ".yaml", ".config", ".service")
LINE_MAX = 100
SHELL_LINE_MAX = 120    # a pipeline is read as one thing
FUNCTION_MAX = 70
# Spelled apart, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" + "DO|FIX" + "ME|X" + "XX|place" + r"holder)\b")
FOREIGN = re.compile(
    r"(?<![\w})])/" + r"(work|home|root)/[a-z]|deb\.debian" + r"\.org|pypi" + r"\.org")
PANIC = re.compile(r"^\s.*\b(BUG|BUG_ON|panic)\(")
TYPEDEF = re.compile(r"^typedef struct")

# Products, as in .gitignore.
IGNORED = re.compile(r"\.(o|ko|mod|mod\.c|cmd|order|symvers|a|so|so\..*|d|rej|orig)$|~$"
                     r"|^\.checkpatch-camelcase\.")

# What a directory of the module may include of the others (DESIGN: one way).
MAY_INCLUDE = {
    "raft": {"raft"},
    "format": {"format", "raft"},
    "store": {"raft", "format", "store", ""},
    "net": {"raft", "format", "net", ""},
    "sm": {"raft", "format", "sm", ""},
}
ROOT_ALLOWED = {"limits.h"}


def names_of_files():
    """Every file of the tree that is source: tracked, or new and not ignored."""
    # The tree may belong to another user (CI), or be no repository (a tarball).
    if (TOP / ".git").exists():
        listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-co",
                                 "--exclude-standard"], cwd=TOP, stdout=subprocess.PIPE,
                                text=True, check=False)
        if listed.returncode == 0:
            return sorted(listed.stdout.splitlines())
    names = []
    for directory, below, here in os.walk(TOP):
        place = pathlib.Path(directory).relative_to(TOP)
        below[:] = [name for name in below if name not in (".git", "__pycache__")
                    and (name != "build" or place.parts)]
        names += [str(place / name) for name in here if not IGNORED.search(name)]
    return sorted(names)


def files():
    for name in names_of_files():
        path = TOP / name
        if not path.is_file() or path.is_symlink():
            continue
        try:
            yield name, path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue


def is_code(name, lines):
    return name.endswith(CODE) or (lines and lines[0].startswith("#!"))


def rule_lines():
    for name, lines in files():
        first = lines[0] if lines else ""
        shell = name.endswith(".sh") or first.startswith(("#!/bin/bash", "#!/bin/sh"))
        limit = SHELL_LINE_MAX if shell else LINE_MAX
        for number, line in enumerate(lines, 1):
            if line != line.rstrip() and not name.endswith((".md", ".txt")):
                yield name, number, "space at the end of the line"
            # Sentences for users stay whole, so that they can be searched for.
            if '"' in line and re.search(r'"[^"]{30,}"', line):
                continue
            if is_code(name, lines) and len(line.expandtabs(8)) > limit:
                yield name, number, f"longer than {limit} columns"


def rule_licence():
    exempt = ("COPYING", "dkms.conf", "tests/selftests/config", "tests/selftests/settings",
              "LICENSES/", "tests/vectors/", "MAINTAINERS", ".clang-format")
    for name, lines in files():
        if name.startswith(exempt) or name.endswith((".json", ".md", ".txt", ".hex", "rc")):
            continue
        if lines and lines[0].startswith(".so "):
            continue    # a manual page that is another's second name
        if not any("SPDX-License-Identifier:" in line for line in lines[:3]):
            yield name, 1, "no SPDX line"


def rule_functions():
    for name, lines in files():
        if not name.endswith(".c"):
            continue
        start = None
        for number, line in enumerate(lines, 1):
            if line == "{":
                start = number
            elif line == "}" and start:
                if number - start - 1 > FUNCTION_MAX:
                    length = number - start - 1
                    yield name, start, f"function of {length} lines (at most {FUNCTION_MAX})"
                start = None


def rule_words():
    for name, lines in files():
        for number, line in enumerate(lines, 1):
            if UNFINISHED.search(line) and "mktemp" not in line:
                yield name, number, "unfinished"
            if FOREIGN.search(line):
                yield name, number, "a path of one machine, or a package host"
            if name.startswith("module/") and name.endswith((".c", ".h")):
                if PANIC.search(line) and "BUILD_BUG" not in line:
                    yield name, number, "takes the kernel down"
                if TYPEDEF.search(line):
                    yield name, number, "typedef of a struct"


def rule_includes():
    for name, lines in files():
        parts = name.split("/")
        if parts[0] != "module" or len(parts) < 3 or parts[1] not in MAY_INCLUDE:
            continue
        for number, line in enumerate(lines, 1):
            match = re.match(r'#include "([^"]+)"', line)
            if not match:
                continue
            target = (TOP / name).parent / match.group(1)
            try:
                inner = target.resolve().relative_to(TOP / "module").parts
            except ValueError:
                continue
            where = inner[0] if len(inner) > 1 else ""
            if where == "" and inner[0] in ROOT_ALLOWED:
                continue
            if where not in MAY_INCLUDE[parts[1]]:
                yield name, number, f"module/{parts[1]} must not include {'/'.join(inner)}"


def main():
    rules = {name[5:]: rule for name, rule in globals().items() if name.startswith("rule_")}
    if sys.argv[1:] == ["files"]:
        print("\n".join(name for name in names_of_files() if (TOP / name).is_file()))
        return 0
    if len(sys.argv) != 2 or sys.argv[1] not in rules:
        sys.exit(__doc__)
    bad = False
    for name, number, what in rules[sys.argv[1]]():
        print(f"{name}:{number}: {what}")
        bad = True
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
