"""Prints what botocore's service model of CloudWatch says of alarms: the members that DescribeAlarms answers and those that
PutMetricAlarm, PutCompositeAlarm and PutLogAlarm set, as paths. tests/models/alarms.json is its output."""

import json

import botocore
import botocore.session

MODEL = botocore.session.get_session().get_service_model("cloudwatch")


def paths(shape, path=""):
    if shape.type_name == "structure":
        empty = [path] if not shape.members else []
        return empty + [found for name, member in shape.members.items() for found in paths(member, f"{path}.{name}".lstrip("."))]
    if shape.type_name == "list":
        return paths(shape.member, path)
    return [path]


def of(operation, shape):
    return sorted(paths(MODEL.operation_model(operation).input_shape if shape is None else MODEL.shape_for(shape)))


print(json.dumps({
    "botocore": botocore.__version__,
    "MetricAlarm": of(None, "MetricAlarm"),
    "PutMetricAlarm": of("PutMetricAlarm", None),
    "CompositeAlarm": of(None, "CompositeAlarm"),
    "PutCompositeAlarm": of("PutCompositeAlarm", None),
    "LogAlarm": of(None, "LogAlarm"),
    "PutLogAlarm": of("PutLogAlarm", None),
}, indent=2))
