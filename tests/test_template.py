"""template.yaml says of the project what the project says of itself.

What CloudFormation itself would refuse is left to `sam validate --lint`; here is what no linter
knows: a cache key that is missing gives wrong answers, and without a word.
"""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from function.answer import PATH
from function.app import DESCRIPTION_PATH, MESSAGES
from function.query import PARAMETERS
from generator.site import Build
from generator.site.build import TypePages
from infra.bundle import PYTHON
from infra.costs import OTHER_METHODS, OTHER_RATE
from infra.deployer import NEW_STACK
from infra.embed import embed
from infra.parameters import MAX_TYPES_TEXT, site_parameters

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "template.yaml").read_text()
ROUTER = (ROOT / "infra/router.js").read_text()


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms: !Ref x as {"Ref": "x"}, !Sub x as {"Fn::Sub": "x"}."""


def short_form(loader: Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if name == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


Loader.add_multi_constructor("!", short_form)
TEMPLATE = yaml.load(TEXT, Loader)  # noqa: S506  (a SafeLoader)
RESOURCES = TEMPLATE["Resources"]
FUNCTION = RESOURCES["ProfilesFunction"]["Properties"]
API = RESOURCES["Api"]["Properties"]
EVENTS = [event["Properties"] for event in FUNCTION["Events"].values()]
DISTRIBUTION = RESOURCES["Distribution"]["Properties"]["DistributionConfig"]


def nodes(value: Any) -> Any:
    """Yield *value* and everything in it."""
    yield value
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from nodes(child)


# ----------------------------------------------------------------------------- the API's caches


def test_api_gateways_cache_is_keyed_on_every_parameter():
    (event,) = (e for e in EVENTS if (e["Path"], e["Method"]) == (PATH, "GET"))
    assert event["RequestParameters"] == [
        {f"method.request.querystring.{name}": {"Required": False, "Caching": True}}
        for name in PARAMETERS
    ]


def test_cloudfront_keys_on_and_forwards_every_parameter():
    policy = RESOURCES["ApiCachePolicy"]["Properties"]["CachePolicyConfig"]
    keys = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert keys["QueryStringsConfig"] == {
        "QueryStringBehavior": "whitelist",
        "QueryStrings": list(PARAMETERS),
    }
    (behaviour,) = DISTRIBUTION["CacheBehaviors"]
    assert behaviour["PathPattern"] == "/api/*"
    assert behaviour["CachePolicyId"] == {"Ref": "ApiCachePolicy"}
    # As long as the answer says: the function's max-age lies between.
    assert policy["MinTTL"] == 0
    assert policy["MaxTTL"] >= 60


def test_the_api_has_the_applications_addresses_and_methods_and_no_others():
    assert sorted((e["Path"], e["Method"]) for e in EVENTS) == sorted(
        (path, method) for path in (PATH, DESCRIPTION_PATH) for method in ("GET", "HEAD")
    )
    assert all(e["RestApiId"] == {"Ref": "Api"} for e in EVENTS)
    assert {e["Path"] for e in EVENTS if "RequestParameters" in e} == {PATH}


SETTINGS = {(s["ResourcePath"], s["HttpMethod"]): s for s in API["MethodSettings"]}


def test_only_what_is_asked_by_get_is_cached():
    encoded = {"/" + path.replace("/", "~1") for path in (PATH, DESCRIPTION_PATH)}
    assert set(SETTINGS) == {("/*", "*"), *((path, "GET") for path in encoded)}
    assert SETTINGS["/*", "*"]["CachingEnabled"] is False
    for path in encoded:
        found = SETTINGS[path, "GET"]
        assert found["CachingEnabled"] == {"Fn::If": ["CacheOn", True, False]}
        assert found["CacheDataEncrypted"] is True
        assert found["CacheTtlInSeconds"] == {"Ref": "ApiCacheTtlSeconds"}


def test_off_is_said_and_not_left_out():
    assert API["CacheClusterEnabled"] == {"Fn::If": ["CacheOn", True, False]}
    assert TEMPLATE["Parameters"]["ApiCacheEnabled"]["Default"] == "true"
    assert TEMPLATE["Conditions"]["CacheOn"] == {"Fn::Equals": [{"Ref": "ApiCacheEnabled"}, "true"]}


def test_profiles_are_throttled_as_the_parameters_say():
    found = SETTINGS["/" + PATH.replace("/", "~1"), "GET"]
    assert found["ThrottlingRateLimit"] == {"Ref": "ApiRequestsPerSecond"}
    assert found["ThrottlingBurstLimit"] == {"Ref": "ApiBurst"}


def test_every_other_method_is_throttled_to_what_the_costs_assume():
    others = {
        key: found for key, found in SETTINGS.items() if PATH.replace("/", "~1") not in key[0]
    }
    assert ("/*", "*") in others
    assert {found["ThrottlingRateLimit"] for found in others.values()} == {OTHER_RATE}
    # HEAD of profiles; GET and HEAD of the description; OPTIONS of both.
    assert len(EVENTS) - 1 + len({event["Path"] for event in EVENTS}) == OTHER_METHODS


def test_the_checklist_asks_for_an_answer_that_is_long_enough_to_be_compressed():
    text = (ROOT / "infra/README.md").read_text()
    (asked,) = re.findall(r'Accept-Encoding: \$e" "\$API\?pagination=(\d+)"', text)
    # A user of GitHub's takes some 180 bytes.
    assert int(asked) * 150 > API["MinimumCompressionSize"]


def test_what_api_gateway_answers_itself_has_the_shape_of_errors():
    responses = API["GatewayResponses"]
    for found in responses.values():
        text = found["ResponseTemplates"]["application/json"]
        body = json.loads(text.replace("$context.error.messageString", '"Forbidden"'))
        assert list(body) == ["error"]
        headers = found["ResponseParameters"]["Headers"]
        assert headers["Access-Control-Allow-Origin"] == "'*'"
        assert headers["Cache-Control"] == "'no-store'"
    missing = responses["MISSING_AUTHENTICATION_TOKEN"]
    assert missing["StatusCode"] == "404"
    assert json.loads(missing["ResponseTemplates"]["application/json"])["error"] == MESSAGES[404]


# --------------------------------------------------------------------------------- the function


def test_the_handler_exists():
    module, _, name = FUNCTION["Handler"].rpartition(".")
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_bundle_is_made_for_what_runs_it():
    assert FUNCTION["Runtime"] == f"python{PYTHON}"
    assert FUNCTION["CodeUri"] == "function/"
    assert RESOURCES["ProfilesFunction"]["Metadata"]["BuildMethod"] == "makefile"
    assert "\nbuild-ProfilesFunction:" in (ROOT / "function/Makefile").read_text()


def test_either_processor_can_be_chosen_and_a_new_stack_has_the_cheaper_one():
    assert FUNCTION["Architectures"] == [{"Ref": "Architecture"}]
    found = TEMPLATE["Parameters"]["Architecture"]
    assert (found["AllowedValues"], found["Default"]) == (["x86_64", "arm64"], "x86_64")
    assert NEW_STACK == {"Architecture": "arm64"}


def test_no_property_of_the_function_changes_with_a_release():
    """`sam local` knows no release, and AutoPublishAliasAllProperties would see each change."""
    of_a_release = site_parameters(BUILD, NAME).keys()
    for node in nodes({name: value for name, value in FUNCTION.items() if name != "Events"}):
        assert not (isinstance(node, dict) and node.get("Ref") in of_a_release)
        assert not (isinstance(node, str) and any(f"${{{name}}}" in node for name in of_a_release))
    assert FUNCTION["AutoPublishAliasAllProperties"] is True


def test_a_deployment_that_failed_after_its_version_was_published_can_be_repeated():
    """Lambda publishes no second version of the same code: the first has to go with the failure."""
    assert FUNCTION["VersionDeletionPolicy"] == "Delete"


def test_tracing_is_off_unless_somebody_asks_for_it():
    found = TEMPLATE["Parameters"]["Tracing"]
    # SAM's own words: with "Disabled" it leaves out the property and the right to send traces.
    assert (found["AllowedValues"], found["Default"]) == (["Active", "Disabled"], "Disabled")
    assert FUNCTION["Tracing"] == {"Ref": "Tracing"}
    assert API["TracingEnabled"] == {"Fn::If": ["TracingOn", True, False]}
    assert TEMPLATE["Conditions"]["TracingOn"] == {"Fn::Equals": [{"Ref": "Tracing"}, "Active"]}


def test_no_metrics_are_billed_by_the_method():
    assert [found["MetricsEnabled"] for found in API["MethodSettings"]] == [False] * 3


def test_a_burst_is_no_more_than_a_new_accounts_lambda_runs_at_once():
    assert TEMPLATE["Parameters"]["ApiBurst"]["Default"] == 10
    assert all(
        found["ThrottlingBurstLimit"] in (10, {"Ref": "ApiBurst"})
        for found in API["MethodSettings"]
    )


def test_alarms_watch_the_function_and_the_api():
    watched = {
        (p["Namespace"], p["MetricName"]): {d["Name"]: d["Value"] for d in p["Dimensions"]}
        for r in RESOURCES.values()
        if r["Type"] == "AWS::CloudWatch::Alarm"
        for p in [r["Properties"]]
    }
    assert watched == {
        ("AWS/Lambda", "Errors"): {"FunctionName": {"Ref": "ProfilesFunction"}},
        ("AWS/ApiGateway", "5XXError"): {"ApiName": API["Name"], "Stage": API["StageName"]},
    }


def test_the_dashboard_is_json():
    text = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(text)["widgets"]
    places = [(w["x"], w["y"]) for w in widgets]
    assert len(set(places)) == len(widgets)


def test_every_log_is_deleted_some_day():
    logs = [r for r in RESOURCES.values() if r["Type"] == "AWS::Logs::LogGroup"]
    assert logs
    for found in logs:
        assert found["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert FUNCTION["LoggingConfig"]["LogGroup"] == {"Ref": "FunctionLogs"}


# ------------------------------------------------------------------------------------- the site


def test_the_router_in_the_template_is_the_one_that_is_tested():
    assert embed(TEXT, ROUTER) == TEXT, "run `python -m infra.embed`"
    assert RESOURCES["Router"]["Properties"]["FunctionCode"] == {"Fn::Sub": ROUTER}
    assert RESOURCES["Router"]["Properties"]["FunctionConfig"]["Runtime"] == "cloudfront-js-2.0"


def test_cloudformation_fills_in_the_routers_parameters_and_nothing_else():
    assert set(re.findall(r"\$\{([^}]*)", ROUTER)) == set(site_parameters(BUILD, NAME))


def test_the_router_fits_whatever_is_filled_in():
    most = sum(
        TEMPLATE["Parameters"][name]["MaxLength"] for name in ("PageSizes", "Orders", "Types")
    )
    assert len(ROUTER.encode()) + most + len(NAME) + 10 <= 10_000


def test_the_router_moves_with_the_api():
    alias = f"ProfilesFunctionAlias{FUNCTION['AutoPublishAlias']}"
    assert RESOURCES["Router"]["DependsOn"] == alias
    (association,) = DISTRIBUTION["DefaultCacheBehavior"]["FunctionAssociations"]
    assert association["EventType"] == "viewer-request"


def test_nobody_reads_the_bucket_but_the_distribution():
    bucket = RESOURCES["SiteBucket"]
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Delete", "Retain")
    statements = RESOURCES["SiteBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    for statement in statements:
        if statement["Effect"] == "Allow":
            assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
            assert "AWS:SourceArn" in statement["Condition"]["StringEquals"]


def test_nothing_is_allowed_wholesale():
    allowed = [n for n in nodes(TEMPLATE) if isinstance(n, dict) and n.get("Effect") == "Allow"]
    assert allowed
    for statement in allowed:
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            assert "*" not in action
        assert statement.get("Resource") != "*"


HEADERS = RESOURCES["SecurityHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
CSP = HEADERS["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]


def test_pages_get_by_with_what_the_security_policy_allows():
    policy = {name: set(values) for name, *values in map(str.split, CSP.split(";"))}
    assert policy == {
        "default-src": {"'none'"},
        "style-src": {"'self'"},
        "script-src": {"'self'"},
        "connect-src": {"'self'"},
        "img-src": {"'self'", "data:", "${AvatarHosts}"},
        "base-uri": {"'none'"},
        "form-action": {"'self'"},
        "frame-ancestors": {"'none'"},
    }
    for template in (ROOT / "site_templates").glob("*.html"):
        text = template.read_text()
        # Scripts, styles and handlers of events that are written into a page would not run.
        assert not re.search(r"<style|\bstyle=|\son[a-z]+=|javascript:|<iframe|<object", text)
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)


def test_security_headers_are_everywhere():
    behaviours = [DISTRIBUTION["DefaultCacheBehavior"], *DISTRIBUTION["CacheBehaviors"]]
    for behaviour in behaviours:
        assert behaviour["ResponseHeadersPolicyId"] == {"Ref": "SecurityHeaders"}
        assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
    # Those would make pages of the API's errors.
    assert "CustomErrorResponses" not in DISTRIBUTION


# ------------------------------------------------------------------------------- the parameters

NAME = "0123456789abcdef-89abcdef"
BUILD = Build(
    release="0123456789abcdef",
    users=150,
    page_sizes=tuple(range(1, 101)),
    orders=("id", "-id", "type", "-type"),
    types=(TypePages("User", "user", 140), TypePages("A, B: 'c' ${d}\\ Ü", "a-b-c-d-0", 10)),
    source="users",
    seeded_at="2026-11-24T12:00:00Z",
)


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_every_parameter_is_described_and_used(name):
    found = TEMPLATE["Parameters"][name]
    assert len(found["Description"]) > 20
    assert len(found["Description"]) <= 4000
    rest = {key: value for key, value in TEMPLATE.items() if key != "Parameters"}
    used = any(
        node == {"Ref": name} or (isinstance(node, str) and f"${{{name}}}" in node)
        for node in nodes(rest)
    )
    assert used
    # Without a default are those alone that every deployment has to say.
    assert "Default" in found or name in ("Release", "Users")


def test_what_a_build_says_is_allowed():
    for name, value in site_parameters(BUILD, NAME).items():
        found = TEMPLATE["Parameters"][name]
        assert re.fullmatch(found.get("AllowedPattern", "[0-9]+"), value), name
        assert len(value) <= found.get("MaxLength", len(NAME))
    assert TEMPLATE["Parameters"]["Types"]["MaxLength"] == MAX_TYPES_TEXT


def test_defaults_are_allowed():
    for name, found in TEMPLATE["Parameters"].items():
        if "AllowedPattern" in found and "Default" in found:
            assert re.fullmatch(found["AllowedPattern"], found["Default"]), name


def test_what_is_billed_by_the_hour_says_so():
    assert "14.60 USD a month" in TEMPLATE["Parameters"]["ApiCacheEnabled"]["Description"]


@pytest.mark.parametrize("name", TEMPLATE["Outputs"])
def test_every_output_is_described(name):
    assert TEMPLATE["Outputs"][name]["Description"]
