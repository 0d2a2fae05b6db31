#!/usr/bin/python3
"""The rules of the house that a machine can check: `house.py RULE [ROOT]`, or `house.py --list`.

Each rule yields "path:line: what is wrong"; the run fails when any does.
"""

import pathlib
import re
import sys

RULES = {}

SOURCES = (".h", ".cc", ".c")
LONGEST_FILE = 600


def rule(function):
    RULES[function.__name__.replace("_", "-")] = function
    return function


def sources(root, *folders, suffixes=SOURCES):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path


def lines(path):
    return enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)


def without_comment(line):
    return line.split("//", 1)[0]


def modules(root):
    """Each module of engine/ and the DEPENDS that its CMakeLists.txt names."""
    found = {}
    for path in sorted((root / "engine").glob("*/CMakeLists.txt")):
        text = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
        depends = set()
        for call in re.findall(r"\bringstorm_module\s*\(([^)]*)\)", text):
            depends |= keyword_values(call.split(), "DEPENDS")
        found[path.parent.name] = depends
    return found


def keyword_values(words, keyword):
    if keyword not in words:
        return set()
    values = []
    for word in words[words.index(keyword) + 1 :]:
        if word.isupper():
            break
        values.append(word)
    return set(values)


def reach(module, depends):
    """A module, what it depends on, and what those depend on in turn."""
    seen, todo = set(), [module]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo += depends.get(current, ())
    return seen


@rule
def layers(root):
    """No #include goes beyond what the module's CMakeLists.txt declares."""
    depends = modules(root)
    for path in sources(root, "engine"):
        module = path.relative_to(root / "engine").parts[0]
        allowed = reach(module, depends)
        for number, line in lines(path):
            include = re.match(r'\s*#\s*include\s+"([^"/]+)/', line)
            if include and (root / "engine" / include[1]).is_dir() and include[1] not in allowed:
                yield path, number, f"{module} does not depend on {include[1]}"
    for module in depends:
        if module in reach_of_many(depends[module], depends):
            yield root / "engine" / module / "CMakeLists.txt", 1, f"{module} depends on itself"


def reach_of_many(names, depends):
    return set().union(*(reach(name, depends) for name in names)) if names else set()


@rule
def liburing(root):
    """Only engine/io and the floor program of bench/macro know liburing."""
    for path in sources(root, "engine", "tests", "bench"):
        place = path.relative_to(root).as_posix()
        if place.startswith(("engine/io/", "bench/macro/", "tests/unit/io/")):
            continue
        for number, line in lines(path):
            if re.match(r"\s*#\s*include\s*[<\"]liburing", line):
                yield path, number, "liburing belongs to engine/io"


@rule
def clocks(root):
    """Only base/clock.cc and engine/io read a clock; everything else is told what time it is."""
    reads = re.compile(r"\bclock_gettime\b|\bgettimeofday\b|\b(?:steady|system|high_resolution)_clock\s*::\s*now\b")
    for path in sources(root, "engine"):
        place = path.relative_to(root / "engine").as_posix()
        if place.startswith("io/") or place == "base/clock.cc":
            continue
        for number, line in lines(path):
            if reads.search(without_comment(line)):
                yield path, number, "only base/clock.cc and engine/io read a clock"


@rule
def include_guards(root):
    """Every header has #pragma once."""
    for path in sources(root, "engine", "tests", "bench", suffixes=(".h",)):
        if not any(line.strip() == "#pragma once" for _, line in lines(path)):
            yield path, 1, "no #pragma once"


@rule
def own_header_first(root):
    """x.cc includes x.h before anything else, so that compiling it shows that the header needs nothing before it."""
    for path in sources(root, "engine", suffixes=(".cc",)):
        header = path.with_suffix(".h")
        if not header.is_file():
            continue
        own = f'"{header.relative_to(root / "engine").as_posix()}"'
        first = next(((number, line) for number, line in lines(path) if re.match(r"\s*#\s*include\b", line)), (1, ""))
        if not re.match(rf"\s*#\s*include\s+{re.escape(own)}", first[1]):
            yield path, first[0], f"the first include is not {own}"


@rule
def file_length(root):
    """A file that outgrows one idea is cut."""
    for path in sources(root, "engine", "tests", "bench", suffixes=(*SOURCES, ".py", ".js")):
        length = sum(1 for _ in lines(path))
        if length > LONGEST_FILE:
            yield path, LONGEST_FILE + 1, f"{length} lines; {LONGEST_FILE} is the most"


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(RULES))
        return 0
    root = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else pathlib.Path(__file__).parents[2]
    broken = list(RULES[sys.argv[1]](root))
    for path, number, what in broken:
        print(f"{path.relative_to(root)}:{number}: {what}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
