#!/usr/bin/python3
"""Holds results to their schema in results/: check_report_schema.py [--bite] SCHEMA RESULT...

Besides the schema it checks the sums that a schema cannot say. With --bite it also damages each report in every
way that should matter (a field missing, misspelt, or of another type) and fails when the schema does not notice.
"""
import copy
import json
import sys

import jsonschema

# Only in the reports of scenarios that have such a thing.
OPTIONAL = {("sessions",), ("fan_out",)}
FREE_MAPS = {("errors",), ("plan", "resolve"), ("error_samples",), ("environment", "ring_features"), ("verdict", "dropped"), ("verdict", "spoiled"), ("compression", "agreed")}


def main(arguments):
    bite = "--bite" in arguments
    schema_path, *report_paths = [a for a in arguments if a != "--bite"]
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    problems = [f"{schema_path}: no description at {at}" for at in undescribed(schema)]
    for path in report_paths:
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        problems += [f"{path}: {where(e)}: {e.message}" for e in validator.iter_errors(report)]
        problems += [f"{path}: {sentence}" for sentence in broken_sums(report)]
        if bite:
            problems += [f"{path}: the schema accepts {what}" for what in unnoticed(validator, report)]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(report_paths)} reports, {len(problems)} problems")
    return 1 if problems else 0


def where(error):
    return "/" + "/".join(str(part) for part in error.absolute_path)


def undescribed(schema, at="#"):
    """Every property must say what it is; those inside if/then/else only repeat one."""
    for name, field in schema.get("properties", {}).items():
        if "description" not in field:
            yield f"{at}/{name}"
        yield from undescribed(field, f"{at}/{name}")
    for name, definition in schema.get("$defs", {}).items():
        yield from undescribed(definition, f"{at}/$defs/{name}")
    for one in schema.get("oneOf", []) + [schema[k] for k in ("items",) if k in schema]:
        yield from undescribed(one, at)


def broken_sums(report):
    if report.get("schema", "").startswith("ringstorm.comparison/"):
        yield from broken_counts(report)
        return
    messages, connections = report["messages"], report["connections"]
    if messages["planned"] != messages["sent"] + messages["shed"] + messages["due"]:
        yield "messages: planned is not sent + shed + due"
    if messages["sent"] != messages["answered"] + messages["failed"] + messages["outstanding"]:
        yield "messages: sent is not answered + failed + outstanding"
    if messages["planned"] != messages["sent"] + messages["shed"] + messages["due"]:
        yield "messages: planned is not sent + shed + due"
    if messages["recorded"] != report["latency"]["intended"]["count"]:
        yield "messages.recorded is not latency.intended.count"
    if messages["recorded"] != report["latency"]["service"]["count"]:
        yield "messages.recorded is not latency.service.count"
    if messages["recorded"] != report["latency"]["intended"]["count"]:
        yield "messages.recorded is not latency.intended.count"
    if connections["opened"] != connections["closed"] + connections["lost"]:
        yield "connections: opened is not closed + lost"
    if connections["opened"] + connections["failed"] > connections["planned"]:
        yield "connections: opened + failed is more than planned"


def broken_counts(comparison):
    verdict, rounds, metrics = comparison["verdict"], comparison["rounds"], comparison["record"]["metrics"]
    pairs = {(i, s["pair"]) for i, r in enumerate(rounds) for s in r["slices"]}
    if comparison["record"]["design"] == "alternating" and verdict["pairs_kept"] + verdict["pairs_dropped"] != len(pairs):
        yield "verdict: pairs_kept + pairs_dropped is not the number of pairs"
    if verdict["rounds_counting"] + sum(verdict["spoiled"].values()) != len(rounds):
        yield "verdict: rounds_counting + spoiled is not the number of rounds"
    if any(len(s["values"]) != len(metrics) for r in rounds for s in r["slices"]):
        yield "a slice has not one value for each metric"


def unnoticed(validator, report):
    for description, damaged in damages(report):
        if validator.is_valid(damaged):
            yield description


def damages(report):
    for path in places(report):
        if path[0] == "server" and len(path) > 1:
            continue  # the server's own words, in a form of its own
        parent, last = path[:-1], path[-1]
        if parent[:1] == ("server",):  # the server's own words, whatever they are
            continue
        fixed = parent not in FREE_MAPS
        if fixed and isinstance(last, str):
            if path not in OPTIONAL:
                yield f"no {name(path)}", edited(report, path, delete=True)
            yield f"{name(path)} misspelt", edited(edited(report, path, delete=True), parent + (last + "x",), 0)
            yield f"something beside {name(path)}", edited(report, parent + (last + "x",), 0)
        yield f"{name(path)} as a list of nothing in a list", edited(report, path, [[]])


def places(value, path=()):
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, path + (key,))


def edited(report, path, value=None, delete=False):
    copied = copy.deepcopy(report)
    target = copied
    for key in path[:-1]:
        target = target[key]
    if delete:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return copied


def name(path):
    return "/" + "/".join(str(part) for part in path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
