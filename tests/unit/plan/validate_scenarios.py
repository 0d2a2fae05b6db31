"""Checks schema.json with an independent validator: it is a schema, it accepts every shipped scenario and every example it
gives, and it agrees with the parser's verdict on each document of schema_cases.json."""
import json
import pathlib
import sys

from jsonschema import Draft202012Validator

root = pathlib.Path(sys.argv[1])
schema = json.loads((root / "scenarios/schema.json").read_text())
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
failures = []


def expect(document, valid, name):
    errors = [error.message for error in validator.iter_errors(document)]
    if valid == bool(errors):
        failures.append(f"{name}: expected {'valid' if valid else 'invalid'}, got {errors or 'valid'}")


def check_examples(part, wrap):
    """Puts each example of each property into an otherwise empty scenario."""
    for name, field in part.get("properties", {}).items():
        for example in field.get("examples", []):
            expect(wrap({name: example}), True, f"example of {name}: {example!r}")
        if "default" in field:
            expect(wrap({name: field["default"]}), True, f"default of {name}")
        for alternative in [field] + field.get("oneOf", []):
            check_examples(alternative, lambda inner, name=name: wrap({name: inner}))


scenarios = [path for path in sorted((root / "scenarios").glob("*.json")) if path.name != "schema.json"]
if len(scenarios) < 6:
    failures.append(f"only {len(scenarios)} scenarios found")
for path in scenarios:
    expect(json.loads(path.read_text()), True, path.name)
check_examples(schema, lambda scenario: scenario)
for case in json.loads((root / "tests/unit/plan/schema_cases.json").read_text()):
    expect(case["scenario"], case["valid"], json.dumps(case["scenario"]))

print("\n".join(failures) or f"{len(scenarios)} scenarios and all examples are valid")
sys.exit(1 if failures else 0)
