"""What the role that deploys may do: as much as the stack takes, by name, and no more."""

import json
import re
from pathlib import Path

import botocore.session
import pytest

from tests.test_template import RESOURCES

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "infra/deployer_policy.json").read_text()
STATEMENTS = json.loads(TEXT)["Statement"]
ACTIONS = {action for statement in STATEMENTS for action in statement["Action"]}
# What CloudFormation calls to make the stack's resources.
MADE_BY = {
    "AWS::CloudFront::CachePolicy": "cloudfront:CreateCachePolicy",
    "AWS::CloudFront::Distribution": "cloudfront:CreateDistribution",
    "AWS::CloudFront::Function": "cloudfront:PublishFunction",
    "AWS::CloudFront::OriginAccessControl": "cloudfront:CreateOriginAccessControl",
    "AWS::CloudFront::ResponseHeadersPolicy": "cloudfront:CreateResponseHeadersPolicy",
    "AWS::CloudWatch::Alarm": "cloudwatch:PutMetricAlarm",
    "AWS::CloudWatch::Dashboard": "cloudwatch:PutDashboard",
    "AWS::Logs::LogGroup": "logs:CreateLogGroup",
    "AWS::S3::Bucket": "s3:CreateBucket",
    "AWS::S3::BucketPolicy": "s3:PutBucketPolicy",
    "AWS::SNS::Topic": "sns:CreateTopic",
    "AWS::Serverless::Api": "apigateway:POST",
    "AWS::Serverless::Function": "lambda:CreateFunction",
}
# What infra/cloud.py and generator/s3.py call by themselves.
CALLED = {
    *("apigateway:GET", "apigateway:DELETE", "cloudfront:CreateInvalidation"),
    *("cloudformation:DescribeStacks", "cloudformation:GetTemplate", "cloudformation:DeleteStack"),
    *("lambda:ListAliases", "lambda:ListVersionsByFunction", "lambda:DeleteFunction"),
    *("s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
    *("s3:ListBucketVersions", "s3:DeleteObjectVersion"),
}
# Those whose actions are not called as their operations are.
OTHERS = {"s3", "apigateway"}


@pytest.mark.parametrize("type_", sorted({found["Type"] for found in RESOURCES.values()}))
def test_every_resource_of_the_stack_can_be_made(type_):
    assert MADE_BY[type_] in ACTIONS


def test_every_step_of_a_deployment_can_be_taken():
    assert CALLED <= ACTIONS


def test_only_the_stack_itself_can_be_deleted():
    (found,) = (one for one in STATEMENTS if "cloudformation:DeleteStack" in one["Action"])
    assert found["Resource"] == ["arn:aws:cloudformation:REGION:ACCOUNT:stack/STACK/*"]


@pytest.mark.parametrize("service", sorted({a.partition(":")[0] for a in ACTIONS} - OTHERS))
def test_there_are_such_actions(service):
    operations = set(botocore.session.get_session().get_service_model(service).operation_names)
    named = {a.partition(":")[2] for a in ACTIONS if a.startswith(f"{service}:")}
    # PassRole is no operation, and ListTags and the like are.
    assert named - {"PassRole"} <= operations


def test_nothing_is_allowed_wholesale():
    for statement in STATEMENTS:
        assert not [action for action in statement["Action"] if "*" in action]
        if statement["Resource"] == "*":  # where there is no other way: to look, not to touch
            assert all(
                re.match(r"[a-z]+:(Describe|Get|List|Validate)", action)
                for action in statement["Action"]
            )
        else:
            assert all(arn.startswith("arn:aws:") for arn in statement["Resource"])


def test_it_is_no_longer_than_iam_takes():
    # Blanks are not counted. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    assert len(re.sub(r"\s", "", TEXT.replace("STACK", "x" * 20))) <= 6144
