#!/usr/bin/python3
"""validate.py SCHEMA DOCUMENT: prints every place where the document breaks the schema, and fails when there is one."""

import json
import sys

import jsonschema

with open(sys.argv[1]) as file:
    schema = json.load(file)
with open(sys.argv[2]) as file:
    document = json.load(file)

kind = jsonschema.validators.validator_for(schema)
kind.check_schema(schema)
violations = list(kind(schema).iter_errors(document))
for violation in violations:
    print("/" + "/".join(map(str, violation.absolute_path)) + ": " + violation.message)
sys.exit(1 if violations else 0)
