#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Do the tables of names.c hold what quorum.yaml says?  names.py YAML NAMES_C"""

import re
import sys

import yaml


def upper(text):
    return text.upper().replace("-", "_")


def expected(spec):
    for enum in (d for d in spec["definitions"] if d["type"] == "enum"):
        prefix = upper(enum.get("name-prefix", f"quorum-{enum['name']}-"))
        for entry in enum["entries"]:
            yield prefix + upper(entry["name"]), entry["name"]
    for group in (s for s in spec["attribute-sets"] if "subset-of" not in s):
        for attribute in group["attributes"]:
            # The keys are never told.
            if attribute["type"] != "pad" and attribute["name"] not in ("key", "key2"):
                yield (f"QUORUM_A_{upper(group['name'])}_{upper(attribute['name'])}",
                       attribute["name"])


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        want = dict(expected(yaml.safe_load(file)))
    with open(sys.argv[2], encoding="utf-8") as file:
        have = dict(re.findall(r'\[(QUORUM_\w+)\] = (?:\w+\()?"([^"]+)"', file.read()))
    wrong = [f"{key}: quorum.yaml says {want.get(key)}, names.c {have.get(key)}"
             for key in sorted(set(want) | set(have)) if want.get(key) != have.get(key)]
    if not want or wrong:
        sys.exit("\n".join(wrong) or "quorum.yaml has no names")


if __name__ == "__main__":
    main()
