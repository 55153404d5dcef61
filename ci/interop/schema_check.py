#!/usr/bin/env python3
"""Checks the shipped scenarios, targets and bench files against their JSON Schemas, with a validator that shares nothing with Gauntlet.

usage: schema_check.py        in the folder of the project
"""

import json
import pathlib
import sys

import yaml
from jsonschema import Draft202012Validator


class Yaml12(yaml.SafeLoader):
    """What is text in YAML 1.2 is text: PyYAML takes `off` for a truth value."""


Yaml12.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in known if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def main():
    wrong = checked = 0
    for folder in ["scenarios", "targets", "benches"]:
        schema = json.loads(pathlib.Path(folder, "schema.json").read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        for path in sorted(pathlib.Path(folder).rglob("*.yaml")):
            if path.name == "requirements.yaml" or "firmware" in path.parts:
                continue
            checked += 1
            for error in validator.iter_errors(yaml.load(path.read_text(encoding="utf-8"), Yaml12)):
                wrong += 1
                place = "/".join(map(str, error.absolute_path))
                print(f"{path}: {place}: {error.message[:200]}")
    print(f"{checked} files, {wrong} mistakes")
    sys.exit(wrong != 0 or checked < 100)


main()
