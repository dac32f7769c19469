"""Another hand than mlopsctl's on ministack: botocore, one call a line.

Reads {"region", "account", "service", "operation", "arguments"} and writes {"answer"} or {"error"}, as JSON. Ends with its input, so it
never outlives the test that started it.
"""

import json
import sys

import botocore.session

ENDPOINT = sys.argv[1]
clients = {}


def client(region, account, service):
    if (region, account, service) not in clients:
        clients[region, account, service] = botocore.session.get_session().create_client(
            service, region_name=region, endpoint_url=ENDPOINT, aws_access_key_id=account, aws_secret_access_key="none"
        )
    return clients[region, account, service]


for line in sys.stdin:
    call = json.loads(line)
    try:
        operation = getattr(client(call["region"], call["account"], call["service"]), call["operation"])
        arguments = call["arguments"]
        if "ZipFile" in arguments.get("Code", {}):
            arguments["Code"]["ZipFile"] = bytes(arguments["Code"]["ZipFile"])
        answer = {"answer": operation(**arguments)}
    except Exception as error:  # the test that asked decides what an error means
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer, default=str), flush=True)
