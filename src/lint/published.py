#!/usr/bin/env python3
"""Writes published.txt: the metrics and dimension sets that AWS's own service data names.

The data is the npm package @aws-cdk/aws-service-spec (Apache-2.0), which the CDK generates its metric methods from. Needs npm.
Usage: python3 src/lint/published.py [VERSION]
"""

import gzip
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile

PACKAGE = "@aws-cdk/aws-service-spec"
HERE = pathlib.Path(__file__).parent
# Names that the data spells as they are meant, and the service as its guide says: both stay.
AS_THE_SERVICE_SPELLS = {("AWS/Lex", "RuntimeSuccessfulRequestLatency"): "RuntimeSucessfulRequestLatency"}


def schema(version):
    """Returns the database of a version of the package, and that version."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"{PACKAGE}@{version}"
        packed = subprocess.run(
            ["npm", "pack", "--json", wanted], cwd=folder, check=True, capture_output=True, text=True
        )
        packed = json.loads(packed.stdout)[0]
        with tarfile.open(pathlib.Path(folder) / packed["filename"].replace("@", "").replace("/", "-")) as archive:
            data = gzip.decompress(archive.extractfile("package/db.json.gz").read())
        return json.loads(data)["schema"], packed["version"]


def main():
    data, version = schema(sys.argv[1] if len(sys.argv) > 1 else "latest")
    sets = {
        entity["$id"]: "+".join(sorted(dimension["name"] for dimension in entity["dimensions"])) or "-"
        for entity in data["dimensionSet"]["entities"]
    }
    namespaces = {}
    for metric in data["metric"]["entities"]:
        uses = data["usesDimensionSet"]["forward"].get(metric["$id"], [])
        names = namespaces.setdefault(metric["namespace"], {})
        spelt = AS_THE_SERVICE_SPELLS.get((metric["namespace"], metric["name"]))
        for name in filter(None, (metric["name"], spelt)):
            names.setdefault(name, set()).update(sets[use["$id"]] for use in uses)
    lines = [f"# {PACKAGE} {version}, by published.py: namespace, then its dimension sets, then metrics with the numbers of theirs"]
    for namespace, metrics in sorted(namespaces.items()):
        known = sorted({one for used in metrics.values() for one in used})
        lines.append(f"[{namespace}] " + " ".join(known))
        lines += [
            f"{name} " + ",".join(str(known.index(one)) for one in sorted(used)) for name, used in sorted(metrics.items())
        ]
    (HERE / "published.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
