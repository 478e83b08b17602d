#!/usr/bin/env python3
"""Prints what others hold rights to in the program for a target, and under which licences: third_party.py TARGET [FEATURE]

The crates are those of Cargo.lock that are linked in, their texts those that they were published with, each once. Then
come Rust's standard library and what the target is linked with statically beside it. It fails where a crate may not be
used under the accepted licences, or has no text.
"""

import collections
import html
import json
import pathlib
import re
import subprocess
import sys

# None of them asks for more than that its text goes with the program.
ACCEPTED = {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "Unicode-3.0", "CC0-1.0"}
# Crates that are published without a text, each with the one of its own repository that has it.
SAME_REPOSITORY = {"bitcoin_hashes": "hex-conservative", "winapi-x86_64-pc-windows-gnu": "winapi"}
TEXT = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicen[cs]e)([-._].*)?", re.IGNORECASE)
RULE = "=" * 80


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def accepted(expression):
    """Whether an SPDX expression leaves a choice that is accepted. Crates that are older than SPDX have a slash for OR.

    >>> [accepted(licence) for licence in ("MIT", "Unlicense/MIT", "(GPL-3.0 OR MIT) AND ISC", "GPL-2.0 OR MIT AND ISC")]
    [True, True, True, True]
    >>> [accepted("Apache-2.0 WITH LLVM-exception OR GPL-3.0"), accepted("MIT AND (Zlib OR MPL-2.0)")]
    [True, True]
    >>> [accepted(licence) for licence in ("GPL-3.0-only", "MIT AND GPL-2.0", "GPL-2.0 WITH Classpath-exception-2.0")]
    [False, False, False]
    >>> [accepted(licence) for licence in ("", "none named", "MIT Apache-2.0", "(MIT")]
    [False, False, False, False]
    """
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))

    def alternatives():
        holds = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            holds = both() or holds
        return holds

    def both():
        holds = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            holds = one() and holds
        return holds

    def one():
        token = tokens.pop(0) if tokens else ""
        if token == "(":
            holds = alternatives()
            return tokens.pop(0) == ")" and holds if tokens else False
        if tokens and tokens[0] == "WITH":
            # An exception only ever adds to what is allowed.
            del tokens[:2]
        return token in ACCEPTED

    return alternatives() and not tokens


def texts(package):
    """What a crate was published with, without differences that nobody reads."""
    folder = pathlib.Path(package["manifest_path"]).parent
    files = {file for file in folder.iterdir() if file.is_file() and TEXT.fullmatch(file.name)}
    if package["license_file"]:
        files.add((folder / package["license_file"]).resolve())
    for file in sorted(files):
        lines = file.read_text(encoding="utf-8-sig").splitlines()
        yield "\n".join(line.rstrip() for line in lines).strip("\n")


def standard_library():
    """The notices of Rust's standard library, as its toolchain has them: the Rust project's, or Debian's."""
    documents = pathlib.Path(output("rustc", "--print", "sysroot").strip(), "share/doc")
    page = documents / "rust/COPYRIGHT-library.html"
    if page.exists():
        body = page.read_text(encoding="utf-8").split("<body>", 1)[1]
        text = html.unescape(re.sub(r"<[^>]*>", "", body))
        return re.sub(r"\n(\s*\n)+", "\n\n", text).strip()
    return (documents / "libstd-rust-web-dev/copyright").read_text(encoding="utf-8").strip()


def linked_beside(target):
    """What comes with the linker of a target: a title and a text each."""
    if target.endswith("-musl"):
        yield "The C library: musl", pathlib.Path("packaging/licences/musl.txt").read_text(encoding="utf-8").strip()
    if target.endswith("-windows-gnu"):
        file = pathlib.Path("/usr/share/doc/mingw-w64-x86-64-dev/copyright")
        yield "The C run-time: mingw-w64", file.read_text(encoding="utf-8").strip()


def main(target, *features):
    tree = output(
        *("cargo", "tree", "--locked", "--edges", "normal,no-proc-macro", "--target", target),
        *("--features", ",".join(features), "--prefix", "none", "--format", "{p}"),
    )
    linked = {tuple(line.split()[:2]) for line in tree.splitlines()}
    metadata = json.loads(output("cargo", "metadata", "--locked", "--all-features", "--format-version", "1"))
    crates = [package for package in metadata["packages"] if (package["name"], "v" + package["version"]) in linked]
    by_name = {package["name"]: package for package in crates}
    if len(crates) != len(linked):
        sys.exit(f"{len(linked)} crates are linked in, and cargo knows {len(crates)} of them")

    faults, users, rows = [], collections.defaultdict(list), []
    for crate in sorted(crates, key=lambda crate: (crate["name"], crate["version"])):
        if crate["source"] is None:
            continue
        name = f"{crate['name']} {crate['version']}"
        licence = crate["license"] or "none named"
        if not accepted(licence):
            faults.append(f"{name}: its licence is not an accepted one: {licence}")
        found = list(texts(crate)) or list(texts(by_name.get(SAME_REPOSITORY.get(crate["name"]), crate)))
        if not found:
            faults.append(f"{name}: it has no text of its licence")
        rows.append(f"{name}: {licence}")
        for text in dict.fromkeys(found):
            users[text].append(name)
    if faults:
        sys.exit("\n".join(faults))

    print(f"What the program msg for {target} contains of others' work, and their licences.\n")
    print("These crates; the texts follow, each with the crates that bear it:\n")
    print("\n".join(rows))
    for text, names in users.items():
        print(f"\n{RULE}\n{', '.join(names)}\n{RULE}\n\n{text}")
    for title, text in [*linked_beside(target), ("Rust's standard library", standard_library())]:
        print(f"\n{RULE}\n{title}\n{RULE}\n\n{text}")


if __name__ == "__main__":
    main(*sys.argv[1:])
