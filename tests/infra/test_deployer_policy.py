"""The rights of the role that deploys: those that the stack needs, on the stack's own resources."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import botocore.session
import pytest

from infra.deployer_policy import MAX_CHARACTERS, POLICY, fill_in, main
from infra.stack_name import MAX_STACK_NAME
from tests.test_template import RESOURCES

TEXT = POLICY.read_text()
STATEMENTS = json.loads(TEXT)["Statement"]
ACTIONS = {action for statement in STATEMENTS for action in statement["Action"]}

# The resources that SAM makes of its own types: `sam translate` prints them.
SAM_TYPES = {
    "AWS::Serverless::Api": [
        *("AWS::ApiGateway::RestApi", "AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage"),
    ],
    "AWS::Serverless::Function": [
        *("AWS::Lambda::Function", "AWS::Lambda::Version", "AWS::Lambda::Alias"),
        *("AWS::Lambda::Permission", "AWS::IAM::Role"),
    ],
}
TYPES = sorted(
    {
        type_
        for resource in RESOURCES.values()
        for type_ in SAM_TYPES.get(resource["Type"], [resource["Type"]])
    }
)
# Actions that CloudFormation calls only for properties that the template does not have.
UNUSED = {
    "no VPC, file system, key or CodeDeploy": (
        "codedeploy:* ec2:* elasticfilesystem:* kms:* s3files:*"
    ),
    "no reserved or provisioned concurrency": (
        "lambda:*FunctionConcurrency lambda:PutProvisionedConcurrencyConfig "
        "lambda:DeleteProvisionedConcurrencyConfig"
    ),
    "no capacity provider": ("lambda:PutFunctionScalingConfig lambda:PassCapacityProvider"),
    "no layer": ("lambda:GetLayerVersion"),
    "no signed code": (
        "lambda:GetCodeSigningConfig lambda:PutFunctionCodeSigningConfig "
        "lambda:DeleteFunctionCodeSigningConfig"
    ),
    "no pinned runtime": ("lambda:PutRuntimeManagementConfig lambda:AssociateRuntimeAlias"),
    "no setting for recursion": ("lambda:PutFunctionRecursionConfig"),
    "the role has AWS's policies, no boundary and no description": (
        "iam:*RolePermissionsBoundary iam:PutRolePolicy iam:DeleteRolePolicy iam:UpdateRole "
        "iam:UpdateRoleDescription"
    ),
    "the API has no policy": ("apigateway:UpdateRestApiPolicy"),
    "logs are not delivered, indexed or protected": (
        "firehose:* s3:REST.PUT.OBJECT logs:*KmsKey logs:CreateLogDelivery "
        "logs:*DataProtectionPolicy logs:*IndexPolicy logs:*ResourcePolicy "
        "logs:PutLogGroupDeletionProtection logs:PutBearerTokenAuthentication"
    ),
    "the topic's messages are not protected": ("sns:PutDataProtectionPolicy"),
    "the bucket is only encrypted, private, owned and tidied": (
        "s3tables:* s3:*Cors s3:PutBucketCORS s3:PutBucketA* s3:PutObjectAcl "
        "s3:*BucketMetadata?*Configuration s3:PutAnalyticsConfiguration "
        "s3:*BucketAnalyticsConfiguration s3:PutInventoryConfiguration "
        "s3:PutMetricsConfiguration s3:*BucketMetricsConfiguration s3:PutBucketNotification "
        "s3:*BucketReplication s3:*BucketWebsite s3:PutReplicationConfiguration "
        "s3:PutAccelerateConfiguration s3:PutBucketLogging s3:Put*ObjectLockConfiguration "
        "s3:PutIntelligentTieringConfiguration s3:DeleteBucketEncryption "
        "s3:DeleteBucketLifecycle"
    ),
    "no tenants, staging twin or private origin": (
        "cloudfront:GetConnectionGroup cloudfront:UpdateDistributionWithStagingConfig "
        "cloudfront:GetVpcOrigin"
    ),
    "IAM asks for CreateDistribution and TagResource": ("cloudfront:CreateDistributionWithTags"),
}


def statement_of(action: str) -> dict[str, Any]:
    """Return the only statement that names *action*."""
    (statement,) = (statement for statement in STATEMENTS if action in statement["Action"])
    return statement


def is_unused(action: str) -> bool:
    return any(
        fnmatchcase(action, pattern) for patterns in UNUSED.values() for pattern in patterns.split()
    )


# Actions that infra/aws.py, generator/publish/s3.py and `sam deploy` call.
CALLED = {
    *("apigateway:GET", "apigateway:DELETE", "cloudfront:CreateInvalidation"),
    *("cloudformation:DescribeStacks", "cloudformation:GetTemplate", "cloudformation:DeleteStack"),
    *("s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
    *("s3:ListBucketVersions", "s3:DeleteObjectVersion"),
    *("cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet"),
    *("cloudformation:ExecuteChangeSet", "cloudformation:DescribeStackEvents"),
    "cloudformation:GetTemplateSummary",
}
# Actions that IAM cannot restrict to a resource: only "*" allows them.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudfront.html
# (and list_amazoncloudwatchlogs.html, list_amazonsns.html), read in November 2026.
WITHOUT_RESOURCE_TYPE = {
    *("cloudfront:CreateDistribution", "cloudfront:CreateConnectionGroup"),
    *("cloudfront:CreateFunction", "cloudfront:CreateOriginAccessControl"),
    *("cloudfront:CreateCachePolicy", "cloudfront:CreateResponseHeadersPolicy"),
    *("logs:DescribeLogGroups", "logs:DescribeIndexPolicies", "logs:DescribeResourcePolicies"),
    "sns:Unsubscribe",
}
# Read-only actions that are called without a stack's name: on a new template, on all alarms.
WITHOUT_A_NAME = {"cloudformation:GetTemplateSummary", "cloudwatch:DescribeAlarms"}
# Services whose actions have other names than the operations of their API.
NAMED_OTHERWISE = {"s3", "apigateway"}


@pytest.mark.parametrize("type_", TYPES)
def test_actions_of_cloudformation_for_a_resource_are_allowed(type_):
    """CloudFormation's schemas list the actions for creating, reading, updating and deleting it."""
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # takes a second

    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_).schema["handlers"]
    called = {
        action
        for step in ("create", "read", "update", "delete")
        for action in handlers.get(step, {}).get("permissions", ())
        if not is_unused(action)
    }
    assert called
    assert called <= ACTIONS


def test_unused_features_can_only_be_read():
    """CloudFormation reads every property that a bucket or a log can have."""
    unused = {action for action in ACTIONS if is_unused(action)}
    assert all(action.startswith(("s3:Get", "logs:Get")) for action in unused)


def test_actions_of_the_deployer_are_allowed():
    assert CALLED <= ACTIONS


def test_only_the_stack_itself_can_be_deleted():
    statement = statement_of("cloudformation:DeleteStack")
    assert statement["Resource"] == ["arn:aws:cloudformation:REGION:ACCOUNT:stack/STACK/*"]


def test_tracing_can_create_the_role_that_api_gateway_needs():
    statement = statement_of("iam:CreateServiceLinkedRole")
    assert statement["Resource"][0].endswith("/AWSServiceRoleForAPIGateway")
    service = statement["Condition"]["StringEquals"]["iam:AWSServiceName"]
    assert service == "ops.apigateway.amazonaws.com"


@pytest.mark.parametrize(
    "service", sorted({a.partition(":")[0] for a in ACTIONS} - NAMED_OTHERWISE)
)
def test_actions_exist(service):
    operations = set(botocore.session.get_session().get_service_model(service).operation_names)
    named = {a.partition(":")[2] for a in ACTIONS if a.startswith(f"{service}:")}
    # PassRole is a right, not an operation.
    assert named - {"PassRole"} <= operations


def test_only_actions_without_a_resource_are_allowed_on_all():
    allowed_on_all = {
        action
        for statement in STATEMENTS
        if statement["Resource"] == "*"
        for action in statement["Action"]
    }
    assert allowed_on_all == WITHOUT_RESOURCE_TYPE | WITHOUT_A_NAME


def test_actions_and_resources_are_named():
    for statement in STATEMENTS:
        assert not [action for action in statement["Action"] if "*" in action]
        if statement["Resource"] != "*":
            assert all(arn.startswith("arn:aws:") for arn in statement["Resource"])


NAME = "A" * MAX_STACK_NAME
FILLED_IN = json.loads(fill_in(TEXT, NAME, "1" * 12, "eu-west-1"))["Statement"]
ID = "1A2B3C4D5E6F"
# A resource of the stack as CloudFormation names it, by the first pattern that matches an action.
OWN_RESOURCES = {
    "cloudformation:*": f"arn:aws:cloudformation:eu-west-1:{'1' * 12}:stack/{NAME}/{ID}",
    "s3:*Object": f"arn:aws:s3:::{NAME.lower()}-sitebucket-{ID.lower()}/releases/a/index.html",
    "s3:*ObjectVersion": f"arn:aws:s3:::{NAME.lower()}-sitebucket-{ID.lower()}/releases/a/b",
    "s3:*MultipartUpload*": f"arn:aws:s3:::{NAME.lower()}-sitebucket-{ID.lower()}/releases/a/b",
    "s3:*": f"arn:aws:s3:::{NAME.lower()}-sitebucket-{ID.lower()}",
    "lambda:*": f"arn:aws:lambda:eu-west-1:{'1' * 12}:function:{NAME}-ProfilesFunction-{ID}",
    "iam:CreateServiceLinkedRole": f"arn:aws:iam::{'1' * 12}:role/aws-service-role"
    "/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway",
    "iam:*": f"arn:aws:iam::{'1' * 12}:role/{NAME}-ProfilesFunctionRole-{ID}",
    "apigateway:*": "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3/stages/prod/cache/data",
    "cloudfront:*Function": f"arn:aws:cloudfront::{'1' * 12}:function/{NAME}-router",
    "cloudfront:*OriginAccessControl": f"arn:aws:cloudfront::{'1' * 12}:origin-access-control/{ID}",
    "cloudfront:*CachePolicy": f"arn:aws:cloudfront::{'1' * 12}:cache-policy/{ID}",
    "cloudfront:*HeadersPolicy": f"arn:aws:cloudfront::{'1' * 12}:response-headers-policy/{ID}",
    "cloudfront:*": f"arn:aws:cloudfront::{'1' * 12}:distribution/{ID}",
    "logs:*": f"arn:aws:logs:eu-west-1:{'1' * 12}:log-group:{NAME}-FunctionLogs-{ID}",
    "cloudwatch:*Dashboard*": f"arn:aws:cloudwatch::{'1' * 12}:dashboard/{NAME}",
    "cloudwatch:*": f"arn:aws:cloudwatch:eu-west-1:{'1' * 12}:alarm:{NAME}-FunctionErrors-{ID}",
    "sns:*": f"arn:aws:sns:eu-west-1:{'1' * 12}:{NAME}-Alarms-{ID}",
}


def own_resource(action: str) -> str:
    """Return the ARN of a resource of the stack that *action* is called on."""
    if action == "s3:ListBucketMultipartUploads":
        return OWN_RESOURCES["s3:*"]
    return next(arn for pattern, arn in OWN_RESOURCES.items() if fnmatchcase(action, pattern))


def allows(action: str, arn: str) -> bool:
    """Return whether the policy allows *action* on *arn*, conditions aside."""
    return any(
        action in statement["Action"]
        and any(fnmatchcase(arn, pattern) for pattern in resources(statement))
        for statement in FILLED_IN
    )


def resources(statement: dict[str, Any]) -> list[str]:
    arns = statement["Resource"]
    return [arns] if isinstance(arns, str) else arns


def test_each_action_is_allowed_on_the_stacks_own_resource():
    assert not [action for action in ACTIONS if not allows(action, own_resource(action))]


def test_no_action_is_allowed_on_another_stacks_resource():
    for action in ACTIONS - WITHOUT_RESOURCE_TYPE - WITHOUT_A_NAME:
        arn = own_resource(action)
        other = re.sub(NAME, "B" * len(NAME), arn, flags=re.IGNORECASE)
        if other == arn:  # its name has an id that AWS gives: allowed on all resources of that type
            other = "arn:aws:ec2:eu-west-1:111111111111:instance/i-1"
        assert not allows(action, other), action


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        (
            "cloudformation:CreateChangeSet",
            "arn:aws:cloudformation:eu-west-1:aws:transform/Serverless-2016-10-31",
        ),
        (
            "cloudformation:CreateChangeSet",
            f"arn:aws:cloudformation:eu-west-1:{'1' * 12}:stack/aws-sam-cli-managed-default/{ID}",
        ),
        ("s3:CreateBucket", "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-a1b2c3"),
        ("s3:PutObject", "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-a1/p/1"),
        ("apigateway:POST", "arn:aws:apigateway:eu-west-1::/restapis"),
        ("apigateway:PUT", "arn:aws:apigateway:eu-west-1::/tags/arn%3Aaws"),
    ],
)
def test_other_resources_of_sam_and_the_api_are_allowed(action, arn):
    assert allows(action, arn)


def longest(text: str) -> str:
    """Return the policy with the longest values, without blanks, which IAM does not count."""
    return re.sub(r"\s", "", fill_in(text, "S" * MAX_STACK_NAME, "1" * 12, "ap-southeast-1"))


def test_policy_fits_inline_but_not_as_a_managed_policy():
    """infra/README.md says to put it inline. If it ever fits, a managed policy is simpler."""
    assert 6144 < len(longest(TEXT)) <= MAX_CHARACTERS


def test_names_of_roles_are_not_shortened():
    """A role's name has at most 64 characters: the stack's, the resource's, and 13 of its own."""
    for name in ("ProfilesFunctionRole", "ProfilesFunction"):
        assert len(f"{'S' * MAX_STACK_NAME}-{name}-") + 13 <= 64


def test_buckets_are_named_in_lower_case(capsys):
    assert main(["People", "123456789012", "eu-west-1"]) == 0
    statements = json.loads(capsys.readouterr().out)["Statement"]
    arns = {arn for statement in statements for arn in resources(statement)} - {"*"}
    assert {arn for arn in arns if "sitebucket" in arn} == {
        *("arn:aws:s3:::people-sitebucket-*", "arn:aws:s3:::people-sitebucket-*/*"),
    }
    assert "arn:aws:lambda:eu-west-1:123456789012:function:People-ProfilesFunction-*" in arns


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("people", "usage:"),
        ("people 12345 eu-west-1", "'12345' is no account"),
        (f"{'p' * 29} 123456789012 eu-west-1", "at most 28"),
    ],
)
def test_invalid_arguments_are_refused(capsys, arguments, message):
    assert main(arguments.split()) == 2
    assert message in capsys.readouterr().err
