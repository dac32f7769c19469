"""Holds Terraform configuration in JSON against the AWS provider's generated bindings.

Arguments: the wheel of cdktn-provider-aws, then files. The wheel is only read: of each resource's module the classes of its
configuration and of its blocks, whose parameters are the arguments that the provider takes, with their types and whether they are
required. What they hold that JSON can hold, too: a list or one of it, a number or a text of it, a reference in place of anything.
"""

import ast
import json
import re
import sys
import zipfile

WHEEL = zipfile.ZipFile(sys.argv[1])
ALWAYS = {"depends_on", "lifecycle", "provider", "count", "for_each"}
modules = {}


def module(resource):
    """Class name -> parameter -> (type as text, required)."""
    if resource not in modules:
        name = f"cdktn_provider_aws/{resource.removeprefix('aws_')}/__init__.py"
        tree = ast.parse(WHEEL.read(name))
        classes = {}
        for node in tree.body:
            if not isinstance(node, ast.ClassDef):
                continue
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name == "__init__" and inner.args.kwonlyargs:
                    pairs = zip(inner.args.kwonlyargs, inner.args.kw_defaults)
                    classes[node.name] = {a.arg: (ast.unparse(a.annotation), d is None) for a, d in pairs}
        modules[resource] = classes
    return modules[resource]


def check(value, kind, classes, path, faults):
    """Whether a value is of a type of the bindings."""
    if isinstance(value, str) and re.search(r"(?<!\$)\$\{", value):
        return
    block = next((name for name in re.findall(r"['\"](\w+)['\"]", kind) if name in classes), None)
    is_list = "Sequence[" in kind
    is_map = "Mapping[" in kind and not block
    if block:
        for item in value if isinstance(value, list) else [value]:
            members(item, classes[block], classes, f"{path}", faults)
    elif is_map:
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            faults.append(f"{path}: a map of texts is wanted: {value!r}")
    elif is_list:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            faults.append(f"{path}: a list of texts is wanted: {value!r}")
    elif "builtins.bool" in kind:
        if not isinstance(value, bool):
            faults.append(f"{path}: a flag is wanted: {value!r}")
    elif "jsii.Number" in kind:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number and not (isinstance(value, str) and re.fullmatch(r"[0-9.]+", value)):
            faults.append(f"{path}: a number is wanted: {value!r}")
    elif "builtins.str" in kind:
        if not isinstance(value, str):
            faults.append(f"{path}: a text is wanted: {value!r}")
    else:
        faults.append(f"{path}: the bindings' type {kind} is not known here")


def members(value, parameters, classes, path, faults):
    if not isinstance(value, dict):
        faults.append(f"{path}: a block is wanted: {value!r}")
        return
    for name, inner in value.items():
        if name in ALWAYS:
            continue
        if name not in parameters:
            faults.append(f"{path}.{name}: the provider has no such argument")
        else:
            check(inner, parameters[name][0], classes, f"{path}.{name}", faults)
    for name, (_, required) in parameters.items():
        if required and name not in value:
            faults.append(f"{path}: {name} is required")


faults, types = [], set()
for file in sys.argv[2:]:
    document = json.load(open(file))
    unknown = set(document) - {"//", "terraform", "provider", "resource", "data", "variable", "import"}
    faults += [f"{file}: {name} is no block of Terraform" for name in unknown]
    addresses = set()
    for resource, named in document.get("resource", {}).items():
        types.add(resource)
        classes = module(resource)
        config = next(name for name in classes if name.endswith("Config"))
        for name, arguments in named.items():
            addresses.add(f"{resource}.{name}")
            if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
                faults.append(f"{file}: {resource}.{name} is no name")
            members(arguments, classes[config], classes, f"{file} {resource}.{name}", faults)
    text = json.dumps(document)
    variables = set(document.get("variable", {}))
    for expression in re.findall(r"(?<!\$)\$\{([^}]*)\}", text):
        known = (
            expression.startswith("data.")
            or (expression.startswith("var.") and expression.removeprefix("var.") in variables)
            or expression.rsplit(".", 1)[0] in addresses
        )
        if not known:
            faults.append(f"{file}: {expression} refers to nothing")
    for block in document.get("import", []):
        if set(block) != {"to", "id"} or block["to"] not in addresses or not block["id"]:
            faults.append(f"{file}: an import block is wrong: {block}")
    for named in document.get("resource", {}).values():
        for arguments in named.values():
            faults += [f"{file}: {after} is nothing to come after" for after in arguments.get("depends_on", []) if after not in addresses]

print(f"{len(types)} resource types in {len(sys.argv) - 2} files")
if faults:
    print("\n".join(faults[:40]))
    sys.exit(f"{len(faults)} faults")
