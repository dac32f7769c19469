"""Holds the examples of engines against what their engines take: the job definition and each call of the state machine against AWS's own
model of Batch (botocore), the state machine against the language's schema (cfn-lint), and what is promised of exit codes."""
import json
import pathlib
import subprocess
import sys
import tempfile

import botocore.session
from botocore.validate import ParamValidator

examples, bin = pathlib.Path(sys.argv[1]), pathlib.Path(sys.executable).parent
batch = botocore.session.get_session().get_service_model("batch")


def faults(operation, document):
    """What the model has against a request; a name that it does not know is a fault, too, which botocore leaves out."""
    shape = batch.operation_model(operation).input_shape

    def walk(shape, value, path):
        if shape.type_name == "structure":
            for name, inner in value.items():
                if name not in shape.members:
                    yield f"{path}.{name} is not known"
                else:
                    yield from walk(shape.members[name], inner, f"{path}.{name}")
        elif shape.type_name == "list":
            for at, inner in enumerate(value):
                yield from walk(shape.member, inner, f"{path}[{at}]")
        if getattr(shape, "enum", []) and value not in shape.enum:
            yield f"{path} is {value}, none of {shape.enum}"

    report = ParamValidator().validate(document, shape)
    return ([report.generate_report()] if report.has_errors() else []) + list(walk(shape, document, operation))


def camel(value, path=()):
    """The names of a call as Batch has them: Step Functions begins them with a capital, and marks what it works out with `.$`."""
    if isinstance(value, list):
        return [camel(one, path) for one in value]
    if not isinstance(value, dict):
        return value
    is_map = path[-1:] == ("parameters",)
    names = {name: name.removesuffix(".$") for name in value}
    named = {name: short if is_map else short[0].lower() + short[1:] for name, short in names.items()}
    return {named[name]: camel(inner, (*path, named[name])) for name, inner in value.items()}


def lint(machine):
    template = {"Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
        "RoleArn": "arn:aws:iam::123456789012:role/fleet", "Definition": machine}}}}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(json.dumps(template))
        file.flush()
        ended = subprocess.run([bin / "cfn-lint", "--", file.name], text=True, capture_output=True)
    return ended.stdout if ended.returncode else ""


definition = json.loads((examples / "batch-job-definition.json").read_text())
assert not faults("RegisterJobDefinition", definition), faults("RegisterJobDefinition", definition)
# The judge can find fault.
assert faults("RegisterJobDefinition", definition | {"retryStrategies": {}})
assert faults("RegisterJobDefinition", definition | {"retryStrategy": {"attempts": "3"}})
assert faults("RegisterJobDefinition", definition | {"platformCapabilities": ["FARGOT"]})

rules = definition["retryStrategy"]["evaluateOnExit"]
assert len(rules) <= 5, "Batch takes five"


def action(code):
    """The first rule that fits; without any Batch tries again."""
    fits = lambda glob: code.startswith(glob[:-1]) if glob.endswith("*") else code == glob
    return next((rule["action"] for rule in rules if fits(rule["onExitCode"])), "RETRY")


again, never = ["5", "75", "130", "137", "143"], ["1", "2", "3", "4", "6", "7", "8", "64", "65", "70"]
assert {action(code) for code in again} == {"RETRY"} and {action(code) for code in never} == {"EXIT"}, rules

machine = json.loads((examples / "step-functions.json").read_text())
assert not lint(machine), lint(machine)
assert lint({key: value for key, value in machine.items() if key != "StartAt"}) and lint(machine | {"States": {"Parts": {"Type": "Tusk"}}})
assert machine["StartAt"] in machine["States"]
for name, state in machine["States"].items():
    assert state["Resource"] == "arn:aws:states:::batch:submitJob.sync"
    assert not faults("SubmitJob", camel(state["Parameters"])), (name, faults("SubmitJob", camel(state["Parameters"])))
    following = [state[key] for key in ["Next"] if key in state] + [catch["Next"] for catch in state.get("Catch", [])]
    assert set(following) <= set(machine["States"]), following
    # What the command refers to is given.
    given = set(definition["parameters"]) | {key.removesuffix(".$") for key in state["Parameters"]["Parameters"]}
    command = state["Parameters"].get("ContainerOverrides", {}).get("Command", definition["containerProperties"]["command"])
    assert {word.removeprefix("Ref::") for word in command if word.startswith("Ref::")} <= given
assert machine["States"]["Parts"]["Parameters"]["ArrayProperties"]["Size"] >= 2, "Batch's smallest array"

import yaml

job = next(one for one in yaml.safe_load_all((examples / "kubernetes.yaml").read_text()) if one["kind"] == "Job")["spec"]
container = job["template"]["spec"]["containers"][0]
assert str(job["completions"]) == container["args"][container["args"].index("--shards") + 1]
ignore, fail = job["podFailurePolicy"]["rules"]
assert fail["action"] == "FailIndex" and fail["onExitCodes"]["containerName"] == container["name"]
assert [str(code) for code in fail["onExitCodes"]["values"]] == never and fail["onExitCodes"]["operator"] == "In"
assert ignore["action"] == "Ignore" and job["template"]["spec"]["restartPolicy"] == "Never" and job["completionMode"] == "Indexed"

parallel = yaml.safe_load((examples / "gitlab-ci.yml").read_text())["apply"]
assert parallel["parallel"] >= 2 and parallel["retry"]["exit_codes"] == [5, 75]
