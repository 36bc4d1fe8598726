"""What watches a stage, put into the functions' stack: alarms and dashboards; knows none of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra.cloudformation import Template, load_template

FRAGMENTS = ("address.yaml", "alarms.yaml", "dashboards.yaml")
PARTS = ("Parameters", "Rules", "Conditions", "Resources", "Outputs")


def with_watching(template: Template, folder: Path) -> Template:
    """`template` with the parameters and resources of the fragments in `folder`."""
    for name in FRAGMENTS:
        # A text between, so that nothing is shared which a writer of YAML would then abbreviate.
        fragment = json.loads(json.dumps(load_template(folder / name)))
        for part in PARTS:
            if part in fragment:
                template[part] = template.get(part, {}) | fragment[part]
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::CloudWatch::Dashboard":
            _write_body(resource["Properties"])
    return template


def _write_body(dashboard: dict[str, Any]) -> None:
    body = json.dumps(dashboard["DashboardBody"], separators=(",", ":"))
    dashboard["DashboardBody"] = {"Fn::Sub": body}
