"""check_schema.py SCHEMA FILE...: prints the names of the YAML files that the schema takes.

Fails when the schema is none by draft-07.
"""
import json
import pathlib
import sys

import jsonschema
import yaml

schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
for name in sys.argv[2:]:
    file = pathlib.Path(name)
    errors = list(validator.iter_errors(yaml.safe_load(file.read_text())))
    if not errors:
        print(file.name)
    for error in errors:
        print(f"{file.name}: {error.json_path}: {error.message[:200]}", file=sys.stderr)
