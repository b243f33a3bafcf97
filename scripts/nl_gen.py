#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Generate the C side of the netlink family from uapi/quorum.yaml.

    nl_gen.py            write the generated files
    nl_gen.py --check    write nothing, exit 1 if one of them is stale

The specification follows the schema of upstream's netlink specs, of which it
uses what is known here; anything else is an error, never ignored.  Upstream's
generator is not part of 6.1, and makes op tables 6.1 does not have.
"""
import argparse
import pathlib
import sys
import textwrap

import yaml

TOP = pathlib.Path(__file__).resolve().parent.parent
SPEC = "uapi/quorum.yaml"
UAPI = "uapi/linux/quorum_netlink.h"
POLICY_H = "module/api/netlink_gen.h"
POLICY_C = "module/api/netlink_gen.c"

SCALARS = {"u8": "NLA_U8", "u16": "NLA_U16", "u32": "NLA_U32", "u64": "NLA_U64"}
OP_FLAGS = {"admin-perm": "GENL_ADMIN_PERM", "uns-admin-perm": "GENL_UNS_ADMIN_PERM"}

# What may be said where; the first set is required.
KEYS = {
    "family": ({"name", "protocol", "doc", "definitions", "attribute-sets", "operations",
                "mcast-groups"}, {"uapi-header"}),
    "const": ({"name", "type", "value", "doc"}, set()),
    "enum": ({"name", "type", "entries", "doc"}, {"value-start", "name-prefix"}),
    "entry": ({"name", "doc"}, {"value"}),
    "set": ({"name", "doc", "attributes"}, {"subset-of"}),
    "attribute": ({"name", "type", "doc"},
                  {"checks", "enum", "byte-order", "display-hint", "nested-attributes",
                   "multi-attr"}),
    "pad": ({"name", "type"}, set()),
    "subset attribute": ({"name"}, {"nested-attributes"}),
    "checks": (set(), {"exact-len", "max-len", "min-len"}),
    "operation": ({"name", "doc", "attribute-set"}, {"flags", "do", "dump", "event", "mcgrp"}),
    "do": (set(), {"request", "reply"}),
    "dump": ({"reply"}, {"request", "pre", "post"}),
    "message": ({"attributes"}, set()),
}


class SpecError(Exception):
    """The specification says something that is wrong or not known here."""


def keys(kind, node, where):
    """Refuse a node that lacks a key or has one too many."""
    required, optional = KEYS[kind]
    missing = required - set(node)
    unknown = set(node) - required - optional
    if missing:
        raise SpecError(f"{where}: {kind} lacks {', '.join(sorted(missing))}")
    if unknown:
        raise SpecError(f"{where}: {kind} with unknown {', '.join(sorted(unknown))}")


def upper(*words):
    return "_".join(words).replace("-", "_").upper()


def lower(*words):
    return "_".join(words).replace("-", "_").lower()


def comment(text, indent=""):
    """One comment, as many lines as it needs."""
    words = " ".join(text.split())
    if len(indent.expandtabs(8)) + len(words) + 6 <= 90:
        return [f"{indent}/* {words} */"]
    width = 88 - len(indent.expandtabs(8))
    lines = textwrap.wrap(words, width - 3)
    return [f"{indent}/*"] + [f"{indent} * {line}" for line in lines] + [f"{indent} */"]


def kernel_doc(title, items):
    """A kernel-doc comment with one paragraph per member."""
    lines = ["/**", f" * {title}"]
    for name, text in items:
        words = f"@{name}: " + " ".join(text.split())
        wrapped = textwrap.wrap(words, 76)
        lines.append(f" * {wrapped[0]}")
        lines += [f" *\t{line}" for line in textwrap.wrap(" ".join(wrapped[1:]), 72)]
    return lines + [" */"]


class Spec:
    """The specification, checked and with all references resolved."""

    def __init__(self, text):
        self.node = yaml.safe_load(text)
        keys("family", self.node, SPEC)
        if self.node["protocol"] != "genetlink":
            raise SpecError(f"protocol {self.node['protocol']}: only genetlink is known")
        self.name = self.node["name"]
        self.definitions = self.node["definitions"]
        self.enums = {}
        self.sets = {}
        self.ops = self.node["operations"]["list"]
        self.groups = [group["name"] for group in self.node["mcast-groups"]["list"]]
        for definition in self.definitions:
            self.check_definition(definition)
        for attr_set in self.node["attribute-sets"]:
            self.add_set(attr_set)
        for attr_set in self.sets.values():
            self.check_references(attr_set)
        for op in self.ops:
            self.check_op(op)

    def check_definition(self, node):
        kind = node.get("type")
        if kind not in ("const", "enum"):
            raise SpecError(f"definition {node.get('name')}: unknown type {kind}")
        keys(kind, node, f"definition {node['name']}")
        if kind == "enum":
            for entry in node["entries"]:
                keys("entry", entry, f"enum {node['name']}")
            self.enums[node["name"]] = node

    def add_set(self, node):
        where = f"attribute-set {node.get('name')}"
        keys("set", node, where)
        attrs = {}
        parent = self.sets.get(node.get("subset-of"))
        if "subset-of" in node and parent is None:
            raise SpecError(f"{where}: subset-of {node['subset-of']} comes later or never")
        for number, attr in enumerate(node["attributes"], 1):
            if attr["name"] in attrs:
                raise SpecError(f"{where}: {attr['name']} twice")
            if parent:
                keys("subset attribute", attr, where)
                if attr["name"] not in parent["attrs"]:
                    raise SpecError(f"{where}: {attr['name']} is not in its parent")
                attr = {**parent["attrs"][attr["name"]], **attr}
            else:
                keys("pad" if attr.get("type") == "pad" else "attribute", attr, where)
                attr = {**attr, "value": number}
            attrs[attr["name"]] = attr
        self.sets[node["name"]] = {
            "name": node["name"], "doc": node["doc"], "attrs": attrs,
            "subset": parent is not None,
            "prefix": parent["prefix"] if parent else upper(self.name, "a", node["name"]),
        }

    def check_references(self, attr_set):
        for attr in attr_set["attrs"].values():
            where = f"attribute {attr_set['name']}.{attr['name']}"
            nested = attr.get("nested-attributes")
            if (attr["type"] == "nest") != (nested is not None):
                raise SpecError(f"{where}: nest and nested-attributes go together")
            if nested is not None and nested not in self.sets:
                raise SpecError(f"{where}: no attribute-set {nested}")
            if "enum" in attr and attr["enum"] not in self.enums:
                raise SpecError(f"{where}: no enum {attr['enum']}")
            keys("checks", attr.get("checks", {}), where)

    def check_op(self, op):
        where = f"operation {op.get('name')}"
        keys("operation", op, where)
        if op["attribute-set"] not in self.sets:
            raise SpecError(f"{where}: no attribute-set {op['attribute-set']}")
        attrs = self.sets[op["attribute-set"]]["attrs"]
        messages = []
        for kind in ("do", "dump"):
            if kind in op:
                keys(kind, op[kind], where)
            messages += [op.get(kind, {})[way] for way in ("request", "reply")
                         if way in op.get(kind, {})]
        messages += [op["event"]] if "event" in op else []
        for message in messages:
            keys("message", message, where)
            for name in message["attributes"]:
                if name not in attrs:
                    raise SpecError(f"{where}: no attribute {name} in {op['attribute-set']}")
        for flag in op.get("flags", []):
            if flag not in OP_FLAGS:
                raise SpecError(f"{where}: unknown flag {flag}")
        if "event" in op and op.get("mcgrp") not in self.groups:
            raise SpecError(f"{where}: an event needs a mcgrp of the list")

    def request(self, op):
        """All attributes a request of this operation may carry, by number."""
        attrs = self.sets[op["attribute-set"]]["attrs"]
        names = set()
        for kind in ("do", "dump"):
            names |= set(op.get(kind, {}).get("request", {}).get("attributes", []))
        return sorted((attrs[name] for name in names), key=lambda attr: attr["value"])

    def attr(self, attr_set, attr):
        return upper(self.sets[attr_set]["prefix"], attr["name"])


def banner():
    return [f"/* Generated from {SPEC} by scripts/nl_gen.py; do not edit. */"]


# ---- the uapi header ----

def uapi_enum(spec, node):
    prefix = node.get("name-prefix", f"{spec.name}-{node['name']}-")
    name = lower(spec.name, node["name"])
    entries = [(upper(prefix.rstrip("-"), entry["name"]), entry) for entry in node["entries"]]
    lines = kernel_doc(f"enum {name} - {node['doc'].strip()}",
                       [(constant, entry["doc"]) for constant, entry in entries])
    lines.append(f"enum {name} {{")
    value = node.get("value-start", 0)
    for position, (constant, entry) in enumerate(entries):
        explicit = "value" in entry or position == 0
        value = entry.get("value", value)
        lines.append(f"\t{constant}{f' = {value}' if explicit else ''},")
        value += 1
    return lines + ["};", ""]


def uapi_set(spec, attr_set):
    prefix = attr_set["prefix"]
    lines = comment(f"{attr_set['name']}: {attr_set['doc']}") + ["enum {"]
    for attr in attr_set["attrs"].values():
        kind = attr.get("nested-attributes", attr["type"])
        if attr["type"] == "nest":
            kind = f"nest of {kind}" + (", repeated" if attr.get("multi-attr") else "")
        elif attr.get("byte-order"):
            kind += f", {attr['byte-order']}"
        elif attr.get("enum"):
            kind += f", enum {lower(spec.name, attr['enum'])}"
        if attr["type"] != "pad":
            lines += comment(f"{kind}: {attr['doc']}", "\t")
        start = " = 1" if attr["value"] == 1 else ""
        lines.append(f"\t{upper(prefix, attr['name'])}{start},")
    return lines + ["", f"\t__{prefix}_MAX,", f"\t{prefix}_MAX = (__{prefix}_MAX - 1)", "};", ""]


def uapi_commands(spec):
    prefix = upper(spec.name, "cmd")
    lines = ["enum {"]
    for position, op in enumerate(spec.ops):
        lines += comment(op["doc"], "\t")
        lines.append(f"\t{upper(prefix, op['name'])}{' = 1' if position == 0 else ''},")
    return lines + ["", f"\t__{prefix}_MAX,", f"\t{prefix}_MAX = (__{prefix}_MAX - 1)", "};", ""]


def make_uapi(spec):
    family = upper(spec.name)
    guard = "_UAPI_LINUX_" + upper(pathlib.Path(UAPI).name.replace(".", "_"))
    lines = ["/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */"] + banner()
    doc = spec.node["doc"].rstrip().split("\n")
    lines += ["/*"] + [f" * {line}".rstrip() for line in doc] + [" */"]
    lines += [f"#ifndef {guard}", f"#define {guard}", ""]
    lines += [f"#define {family}_FAMILY_NAME\t\"{spec.name}\"",
              f"#define {family}_FAMILY_VERSION\t1", ""]
    for node in spec.definitions:
        if node["type"] == "const":
            lines += comment(node["doc"])
            lines += [f"#define {upper(spec.name, node['name'])}\t{node['value']}", ""]
    for node in spec.enums.values():
        lines += uapi_enum(spec, node)
    for attr_set in spec.sets.values():
        if not attr_set["subset"]:
            lines += uapi_set(spec, attr_set)
    lines += uapi_commands(spec)
    lines += [f"#define {upper(spec.name, 'mcgrp', group)}\t\"{group}\"" for group in spec.groups]
    return lines + ["", f"#endif /* {guard} */"]


# ---- policies and operations ----

def policy_name(spec, name):
    return lower(spec.name, name, "nl_policy")


def policy_row(spec, attr):
    kind, checks = attr["type"], attr.get("checks", {})
    if kind == "nest":
        return f"NLA_POLICY_NESTED({policy_name(spec, attr['nested-attributes'])})"
    if kind == "flag":
        return "{ .type = NLA_FLAG, }"
    if kind == "binary":
        if set(checks) != {"exact-len"}:
            raise SpecError(f"{attr['name']}: a binary in a request needs its exact-len")
        return f"NLA_POLICY_EXACT_LEN({checks['exact-len']})"
    if kind == "string":
        if set(checks) != {"max-len"}:
            raise SpecError(f"{attr['name']}: a string in a request needs its max-len")
        return f"{{ .type = NLA_NUL_STRING, .len = {checks['max-len']}, }}"
    if kind not in SCALARS or checks:
        raise SpecError(f"{attr['name']}: no policy for {kind} with these checks")
    big = attr.get("byte-order") == "big-endian"
    return f"{{ .type = {SCALARS[kind].replace('U', 'BE') if big else SCALARS[kind]}, }}"


def nests_of_requests(spec):
    """Attribute-sets nested in requests, inner ones first."""
    found = []

    def visit(attrs):
        for attr in attrs:
            nested = attr.get("nested-attributes")
            if nested:
                visit(spec.sets[nested]["attrs"].values())
                if nested not in found:
                    found.append(nested)
    for op in spec.ops:
        visit(spec.request(op))
    return found


def policy_table(spec, set_name, attrs, name):
    attrs = sorted((attr for attr in attrs if attr["type"] != "pad"),
                   key=lambda attr: attr["value"])
    last = spec.attr(set_name, attrs[-1])
    return [f"const struct nla_policy {name}[{last} + 1] = {{"] + \
        [f"\t[{spec.attr(set_name, attr)}] = {policy_row(spec, attr)}," for attr in attrs] + \
        ["};", ""], f"{name}[{last} + 1]"


def op_row(spec, op):
    lines = ["\t{", f"\t\t.cmd\t\t= {upper(spec.name, 'cmd', op['name'])},"]
    if "do" in op:
        lines.append(f"\t\t.doit\t\t= {lower(spec.name, 'nl', op['name'], 'doit')},")
    dump = op.get("dump")
    if dump:
        if "pre" in dump:
            lines.append(f"\t\t.start\t\t= {lower(dump['pre'])},")
        lines.append(f"\t\t.dumpit\t\t= {lower(spec.name, 'nl', op['name'], 'dumpit')},")
        if "post" in dump:
            lines.append(f"\t\t.done\t\t= {lower(dump['post'])},")
    attrs = spec.request(op)
    lines += [f"\t\t.policy\t\t= {policy_name(spec, op['name'])},",
              f"\t\t.maxattr\t= {spec.attr(op['attribute-set'], attrs[-1])},"]
    if op.get("flags"):
        lines.append(f"\t\t.flags\t\t= {' | '.join(OP_FLAGS[flag] for flag in op['flags'])},")
    return lines + ["\t},"]


def prototypes(spec):
    lines = []
    for op in spec.ops:
        if "do" in op:
            lines.append(f"int {lower(spec.name, 'nl', op['name'], 'doit')}"
                         "(struct sk_buff *skb, struct genl_info *info);")
        dump = op.get("dump", {})
        lines += [f"int {lower(dump[hook])}(struct netlink_callback *cb);"
                  for hook in ("pre", "post") if hook in dump]
        if dump:
            lines.append(f"int {lower(spec.name, 'nl', op['name'], 'dumpit')}"
                         "(struct sk_buff *skb, struct netlink_callback *cb);")
    return lines


def make_kernel(spec):
    """The op table and policies: (header, source)."""
    tables, extern = [], []
    for name in nests_of_requests(spec):
        table, declaration = policy_table(spec, name, spec.sets[name]["attrs"].values(),
                                          policy_name(spec, name))
        tables += table
        extern.append(f"extern const struct nla_policy {declaration};")
    rows = []
    for op in spec.ops:
        if "do" in op or "dump" in op:
            table, _ = policy_table(spec, op["attribute-set"], spec.request(op),
                                    policy_name(spec, op["name"]))
            tables += [f"static {table[0]}"] + table[1:]
            rows += op_row(spec, op)
    family, groups = lower(spec.name, "nl_family"), lower(spec.name, "nl_mcgrps")
    source = ["// SPDX-License-Identifier: GPL-2.0"] + banner() + [
        "#include <linux/module.h>", "#include \"netlink_gen.h\"", ""] + tables + [
        f"static const struct genl_ops {lower(spec.name, 'nl_ops')}[] = {{"] + rows + ["};", "",
        f"static const struct genl_multicast_group {groups}[] = {{"] + [
        f"\t[{upper(spec.name, 'nlgrp', group)}] = "
        f"{{ .name = {upper(spec.name, 'mcgrp', group)}, }}," for group in spec.groups] + ["};", "",
        f"struct genl_family {family} __ro_after_init = {{",
        f"\t.name\t\t= {upper(spec.name)}_FAMILY_NAME,",
        f"\t.version\t= {upper(spec.name)}_FAMILY_VERSION,",
        "\t.netnsok\t= true,", "\t.parallel_ops\t= true,", "\t.module\t\t= THIS_MODULE,",
        f"\t.ops\t\t= {lower(spec.name, 'nl_ops')},",
        f"\t.n_ops\t\t= ARRAY_SIZE({lower(spec.name, 'nl_ops')}),",
        f"\t.mcgrps\t\t= {groups},", f"\t.n_mcgrps\t= ARRAY_SIZE({groups}),", "};"]
    guard = "QUORUM_NETLINK_GEN_H"
    head = ["/* SPDX-License-Identifier: GPL-2.0 */"] + banner() + [
        f"#ifndef {guard}", f"#define {guard}", "", "#include <net/netlink.h>",
        "#include <net/genetlink.h>",
        f"#include <{spec.node.get('uapi-header', f'linux/{spec.name}.h')}>", "",
        "/* Policies of nests, for nla_parse_nested(). */"] + extern + [""] + prototypes(spec) + [
        "", "enum {"] + [f"\t{upper(spec.name, 'nlgrp', group)}," for group in spec.groups] + [
        "};", "", f"extern struct genl_family {family};", "", f"#endif /* {guard} */"]
    return head, source


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true",
                        help="write nothing, exit 1 if a generated file is stale")
    args = parser.parse_args()
    try:
        spec = Spec((TOP / SPEC).read_text(encoding="utf-8"))
        head, source = make_kernel(spec)
        files = {UAPI: make_uapi(spec), POLICY_H: head, POLICY_C: source}
    except (SpecError, yaml.YAMLError, OSError) as error:
        sys.exit(f"nl_gen.py: {error}")
    stale = 0
    for name, lines in files.items():
        path, text = TOP / name, "\n".join(lines) + "\n"
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if args.check:
            print(f"nl_gen.py: {name} is stale: run `make gen`", file=sys.stderr)
            stale += 1
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {name}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
