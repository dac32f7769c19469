"""What a careful person writes by hand: the lab's four alarms, topic, subscription and retention in every account of a roster.

Threads, one client a service and account, adaptive retries; it reads first and writes only what is missing.
usage: boto3_fleet.py ENDPOINT ROSTER.csv
"""

import csv
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

ENDPOINT, ROSTER = sys.argv[1:]
REGION, FUNCTION, TOPIC, GROUP = "us-east-1", "mlops-service-lambda", "mlops-lambda-alerts", "/aws/lambda/mlops-service-lambda"
CONFIG = Config(retries={"mode": "adaptive", "max_attempts": 10}, max_pool_connections=64)
STACK = [{"Key": "mlopsctl:stack", "Value": "by-hand"}]
ALARMS = [
    dict(AlarmName="mlops-lambda-high-errors", MetricName="Errors", Statistic="Sum", Period=300, Threshold=5),
    dict(AlarmName="mlops-lambda-slow", MetricName="Duration", ExtendedStatistic="p90", Period=60, Threshold=24000),
    dict(AlarmName="mlops-lambda-throttles", MetricName="Throttles", Statistic="Sum", Period=60, Threshold=5),
    dict(AlarmName="mlops-lambda-busy", MetricName="ConcurrentExecutions", Statistic="Maximum", Period=60, Threshold=900),
]
session = boto3.Session(aws_access_key_id="123456789012", aws_secret_access_key="x", region_name=REGION)
sts = session.client("sts", endpoint_url=ENDPOINT, config=CONFIG)
making = threading.Lock()  # making a client is not safe in threads


def account(row):
    role = f"arn:aws:iam::{row['account']}:role/OrganizationAccountAccessRole"
    keys = sts.assume_role(RoleArn=role, RoleSessionName="by-hand")["Credentials"]
    own = dict(aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
               aws_session_token=keys["SessionToken"], endpoint_url=ENDPOINT, config=CONFIG)
    with making:
        cloudwatch, sns, logs = (session.client(name, **own) for name in ("cloudwatch", "sns", "logs"))
    names = [alarm["AlarmName"] for alarm in ALARMS]
    have = {alarm["AlarmName"] for alarm in cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]}
    topic = sns.create_topic(Name=TOPIC, Tags=STACK)["TopicArn"]
    subscribed = {s["Endpoint"] for s in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]}
    if row["email"] not in subscribed:
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=row["email"])
    groups = logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    if not groups:
        logs.create_log_group(logGroupName=GROUP, tags={"mlopsctl:stack": "by-hand"})
    if not groups or groups[0].get("retentionInDays") != 14:
        logs.put_retention_policy(logGroupName=GROUP, retentionInDays=14)
    for alarm in ALARMS:
        if alarm["AlarmName"] not in have:
            cloudwatch.put_metric_alarm(
                Namespace="AWS/Lambda", Dimensions=[{"Name": "FunctionName", "Value": FUNCTION}], EvaluationPeriods=1,
                ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching", AlarmActions=[topic], Tags=STACK, **alarm)


with open(ROSTER, newline="") as file, ThreadPoolExecutor(32) as pool:
    list(pool.map(account, csv.DictReader(file)))
