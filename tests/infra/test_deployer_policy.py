"""What the role that deploys may do: as much as the stack takes, by name, and no more."""

import json
import re
from fnmatch import fnmatchcase

import botocore.session
import pytest

from infra.deployer_policy import MAX_CHARACTERS, POLICY, fill_in, main
from infra.stack_name import MAX_STACK_NAME
from tests.test_template import RESOURCES

TEXT = POLICY.read_text()
STATEMENTS = json.loads(TEXT)["Statement"]
ACTIONS = {action for statement in STATEMENTS for action in statement["Action"]}

# What SAM makes of its own types: `sam translate` prints it.
MADE_OF = {
    "AWS::Serverless::Api": [
        *("AWS::ApiGateway::RestApi", "AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage"),
    ],
    "AWS::Serverless::Function": [
        *("AWS::Lambda::Function", "AWS::Lambda::Version", "AWS::Lambda::Alias"),
        *("AWS::Lambda::Permission", "AWS::IAM::Role"),
    ],
}
TYPES = sorted(
    {type_ for one in RESOURCES.values() for type_ in MADE_OF.get(one["Type"], [one["Type"]])}
)
# What CloudFormation's handlers would call for properties that the template does not have.
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


def is_unused(action: str) -> bool:
    return any(fnmatchcase(action, one) for some in UNUSED.values() for one in some.split())


# What infra/cloud.py, generator/s3.py and `sam deploy` call by themselves.
CALLED = {
    *("apigateway:GET", "apigateway:DELETE", "cloudfront:CreateInvalidation"),
    *("cloudformation:DescribeStacks", "cloudformation:GetTemplate", "cloudformation:DeleteStack"),
    *("s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
    *("s3:ListBucketVersions", "s3:DeleteObjectVersion"),
    *("cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet"),
    *("cloudformation:ExecuteChangeSet", "cloudformation:DescribeStackEvents"),
    "cloudformation:GetTemplateSummary",
}
# Actions that IAM ties to no resource: of these, "*" is the only one that allows them.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudfront.html
# (and list_amazoncloudwatchlogs.html, list_amazonsns.html), read in November 2026.
WITHOUT_RESOURCE_TYPE = {
    *("cloudfront:CreateDistribution", "cloudfront:CreateConnectionGroup"),
    *("cloudfront:CreateFunction", "cloudfront:CreateOriginAccessControl"),
    *("cloudfront:CreateCachePolicy", "cloudfront:CreateResponseHeadersPolicy"),
    *("logs:DescribeLogGroups", "logs:DescribeIndexPolicies", "logs:DescribeResourcePolicies"),
    "sns:Unsubscribe",
}
# Reads that come before there is a name: of a template that is no stack's yet, of all alarms.
BEFORE_A_NAME = {"cloudformation:GetTemplateSummary", "cloudwatch:DescribeAlarms"}
# Services whose actions are not called as their operations are.
OTHERS = {"s3", "apigateway"}


@pytest.mark.parametrize("type_", TYPES)
def test_what_cloudformation_calls_for_a_resource_is_allowed(type_):
    """Its own schemas say what its handlers call, to make, read, update and delete each."""
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


def test_what_is_unused_may_be_looked_at_and_no_more():
    """Handlers read all that a bucket or a log could have."""
    found = {action for action in ACTIONS if is_unused(action)}
    assert all(action.startswith(("s3:Get", "logs:Get")) for action in found)


def test_every_step_of_a_deployment_can_be_taken():
    assert CALLED <= ACTIONS


def test_only_the_stack_itself_can_be_deleted():
    (found,) = (one for one in STATEMENTS if "cloudformation:DeleteStack" in one["Action"])
    assert found["Resource"] == ["arn:aws:cloudformation:REGION:ACCOUNT:stack/STACK/*"]


def test_tracing_may_make_the_one_role_that_api_gateway_needs_for_it():
    (found,) = (one for one in STATEMENTS if "iam:CreateServiceLinkedRole" in one["Action"])
    assert found["Resource"][0].endswith("/AWSServiceRoleForAPIGateway")
    assert (
        found["Condition"]["StringEquals"]["iam:AWSServiceName"] == "ops.apigateway.amazonaws.com"
    )


@pytest.mark.parametrize("service", sorted({a.partition(":")[0] for a in ACTIONS} - OTHERS))
def test_there_are_such_actions(service):
    operations = set(botocore.session.get_session().get_service_model(service).operation_names)
    named = {a.partition(":")[2] for a in ACTIONS if a.startswith(f"{service}:")}
    # PassRole is no operation, and ListTags and the like are.
    assert named - {"PassRole"} <= operations


def test_only_what_has_no_resource_is_allowed_on_all():
    wholesale = {
        action
        for statement in STATEMENTS
        if statement["Resource"] == "*"
        for action in statement["Action"]
    }
    assert wholesale == WITHOUT_RESOURCE_TYPE | BEFORE_A_NAME


def test_all_else_is_allowed_by_name():
    for statement in STATEMENTS:
        assert not [action for action in statement["Action"] if "*" in action]
        if statement["Resource"] != "*":
            assert all(arn.startswith("arn:aws:") for arn in statement["Resource"])


NAME = "A" * MAX_STACK_NAME
FILLED_IN = json.loads(fill_in(TEXT, NAME, "1" * 12, "eu-west-1"))["Statement"]
ID = "1A2B3C4D5E6F"
# What an action is done to, as CloudFormation names it: the first pattern that fits the action.
DONE_TO = {
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


def done_to(action: str) -> str:
    if action == "s3:ListBucketMultipartUploads":
        return DONE_TO["s3:*"]
    return next(arn for pattern, arn in DONE_TO.items() if fnmatchcase(action, pattern))


def allows(action: str, arn: str) -> bool:
    """Return whether the policy allows *action* on *arn*, conditions aside."""
    return any(
        action in one["Action"]
        and any(fnmatchcase(arn, pattern) for pattern in resources(one["Resource"]))
        for one in FILLED_IN
    )


def resources(found: str | list[str]) -> list[str]:
    return [found] if isinstance(found, str) else found


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_each_action_is_allowed_on_what_cloudformation_calls_the_stacks_own(action):
    assert allows(action, done_to(action))


@pytest.mark.parametrize("action", sorted(ACTIONS - WITHOUT_RESOURCE_TYPE - BEFORE_A_NAME))
def test_no_action_is_allowed_on_another_stacks(action):
    arn = done_to(action)
    other = re.sub(NAME, "B" * len(NAME), arn, flags=re.IGNORECASE)
    if other == arn:  # it has an id that AWS gives, or is the account's: of its own kind only
        other = "arn:aws:ec2:eu-west-1:111111111111:instance/i-1"
    assert not allows(action, other)


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
def test_what_sam_and_the_api_need_besides_is_allowed(action, arn):
    assert allows(action, arn)


def longest(text: str) -> str:
    """Return the policy as it is at its longest, without blanks, which IAM does not count."""
    return re.sub(r"\s", "", fill_in(text, "S" * MAX_STACK_NAME, "1" * 12, "ap-southeast-1"))


def test_it_fits_into_an_inline_policy_and_not_into_a_managed_one():
    """So infra/README.md says to put it inline; if it once fits, a managed one is simpler."""
    assert 6144 < len(longest(TEXT)) <= MAX_CHARACTERS


def test_names_that_cloudformation_makes_are_not_cut():
    """A role's name may have 64 characters: the stack's, the resource's, and 13 more."""
    for name in ("ProfilesFunctionRole", "ProfilesFunction"):
        assert len(f"{'S' * MAX_STACK_NAME}-{name}-") + 13 <= 64


def test_buckets_are_named_in_lower_case_whatever_the_stacks_name(capsys):
    assert main(["People", "123456789012", "eu-west-1"]) == 0
    statements = json.loads(capsys.readouterr().out)["Statement"]
    arns = {arn for one in statements for arn in one["Resource"]} - {"*"}
    assert {arn for arn in arns if "sitebucket" in arn} == {
        *("arn:aws:s3:::people-sitebucket-*", "arn:aws:s3:::people-sitebucket-*/*"),
    }
    assert "arn:aws:lambda:eu-west-1:123456789012:function:People-ProfilesFunction-*" in arns


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("people", "usage:"),
        ("people 12345 eu-west-1", "'12345' is no account"),
        (f"{'p' * 29} 123456789012 eu-west-1", "at most 28"),
    ],
)
def test_what_cannot_be_filled_in_is_told(capsys, arguments, says):
    assert main(arguments.split()) == 2
    assert says in capsys.readouterr().err
