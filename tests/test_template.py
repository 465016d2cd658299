"""template.yaml agrees with the code.

`sam validate --lint` finds what CloudFormation would refuse. These tests find what no linter knows:
with a missing cache key, for example, the API answers wrongly and without an error.
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
from generator.site import Build, ListedType
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
    """Yield *value* and all values in it, at any depth."""
    yield value
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from nodes(child)


# ----------------------------------------------------------------------------- the API's caches


def test_api_gateways_cache_key_has_every_parameter():
    (event,) = (e for e in EVENTS if (e["Path"], e["Method"]) == (PATH, "GET"))
    assert event["RequestParameters"] == [
        {f"method.request.querystring.{name}": {"Required": False, "Caching": True}}
        for name in PARAMETERS
    ]


def test_cloudfronts_cache_key_has_every_parameter():
    policy = RESOURCES["ApiCachePolicy"]["Properties"]["CachePolicyConfig"]
    keys = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert keys["QueryStringsConfig"] == {
        "QueryStringBehavior": "whitelist",
        "QueryStrings": list(PARAMETERS),
    }
    (behaviour,) = DISTRIBUTION["CacheBehaviors"]
    assert behaviour["PathPattern"] == "/api/*"
    assert behaviour["CachePolicyId"] == {"Ref": "ApiCachePolicy"}
    # The function's max-age lies between the two, so it decides.
    assert policy["MinTTL"] == 0
    assert policy["MaxTTL"] >= 60


def test_api_has_exactly_the_applications_paths_and_methods():
    assert sorted((e["Path"], e["Method"]) for e in EVENTS) == sorted(
        (path, method) for path in (PATH, DESCRIPTION_PATH) for method in ("GET", "HEAD")
    )
    assert all(e["RestApiId"] == {"Ref": "Api"} for e in EVENTS)
    assert {e["Path"] for e in EVENTS if "RequestParameters" in e} == {PATH}


SETTINGS = {(s["ResourcePath"], s["HttpMethod"]): s for s in API["MethodSettings"]}


def test_only_get_is_cached():
    encoded = {"/" + path.replace("/", "~1") for path in (PATH, DESCRIPTION_PATH)}
    assert set(SETTINGS) == {("/*", "*"), *((path, "GET") for path in encoded)}
    assert SETTINGS["/*", "*"]["CachingEnabled"] is False
    for path in encoded:
        setting = SETTINGS[path, "GET"]
        assert setting["CachingEnabled"] == {"Fn::If": ["CacheOn", True, False]}
        assert setting["CacheDataEncrypted"] is True
        assert setting["CacheTtlInSeconds"] == {"Ref": "ApiCacheTtlSeconds"}


def test_cache_is_switched_off_with_false():
    assert API["CacheClusterEnabled"] == {"Fn::If": ["CacheOn", True, False]}
    assert TEMPLATE["Parameters"]["ApiCacheEnabled"]["Default"] == "true"
    assert TEMPLATE["Conditions"]["CacheOn"] == {"Fn::Equals": [{"Ref": "ApiCacheEnabled"}, "true"]}


def test_profiles_are_throttled_by_the_parameters():
    setting = SETTINGS["/" + PATH.replace("/", "~1"), "GET"]
    assert setting["ThrottlingRateLimit"] == {"Ref": "ApiRequestsPerSecond"}
    assert setting["ThrottlingBurstLimit"] == {"Ref": "ApiBurst"}


def test_other_methods_are_throttled_to_the_rate_of_the_costs():
    rates = {
        key: setting["ThrottlingRateLimit"]
        for key, setting in SETTINGS.items()
        if PATH.replace("/", "~1") not in key[0]
    }
    assert ("/*", "*") in rates
    assert {*rates.values()} == {OTHER_RATE}
    # HEAD of profiles; GET and HEAD of the description; OPTIONS of both.
    assert len(EVENTS) - 1 + len({event["Path"] for event in EVENTS}) == OTHER_METHODS


def test_checklist_requests_a_reply_that_is_compressed():
    text = (ROOT / "infra/README.md").read_text()
    (size,) = re.findall(r'Accept-Encoding: \$e" "\$API\?pagination=(\d+)"', text)
    # A user takes about 180 bytes of JSON.
    assert int(size) * 150 > API["MinimumCompressionSize"]


def test_api_gateways_own_responses_have_the_form_of_errors():
    responses = API["GatewayResponses"]
    for response in responses.values():
        text = response["ResponseTemplates"]["application/json"]
        body = json.loads(text.replace("$context.error.messageString", '"Forbidden"'))
        assert list(body) == ["error"]
        headers = response["ResponseParameters"]["Headers"]
        assert headers["Access-Control-Allow-Origin"] == "'*'"
        assert headers["Cache-Control"] == "'no-store'"
    missing = responses["MISSING_AUTHENTICATION_TOKEN"]
    assert missing["StatusCode"] == "404"
    assert json.loads(missing["ResponseTemplates"]["application/json"])["error"] == MESSAGES[404]


# --------------------------------------------------------------------------------- the function


def test_handler_exists():
    module, _, name = FUNCTION["Handler"].rpartition(".")
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_bundle_is_made_for_the_functions_runtime():
    assert FUNCTION["Runtime"] == f"python{PYTHON}"
    assert FUNCTION["CodeUri"] == "function/"
    assert RESOURCES["ProfilesFunction"]["Metadata"]["BuildMethod"] == "makefile"
    assert "\nbuild-ProfilesFunction:" in (ROOT / "function/Makefile").read_text()


def test_processor_is_a_parameter_and_arm64_on_new_stacks():
    assert FUNCTION["Architectures"] == [{"Ref": "Architecture"}]
    parameter = TEMPLATE["Parameters"]["Architecture"]
    assert (parameter["AllowedValues"], parameter["Default"]) == (["x86_64", "arm64"], "x86_64")
    assert NEW_STACK == {"Architecture": "arm64"}


def test_no_property_of_the_function_depends_on_the_site():
    """`sam local` has no site, and AutoPublishAliasAllProperties would see each change."""
    names = site_parameters(BUILD, SITE_ID).keys()
    for node in nodes({name: value for name, value in FUNCTION.items() if name != "Events"}):
        assert not (isinstance(node, dict) and node.get("Ref") in names)
        assert not (isinstance(node, str) and any(f"${{{name}}}" in node for name in names))
    assert FUNCTION["AutoPublishAliasAllProperties"] is True


def test_deployment_that_failed_after_its_version_was_published_can_be_repeated():
    """Lambda publishes no second version of the same code, so a failure must delete the first."""
    assert FUNCTION["VersionDeletionPolicy"] == "Delete"


def test_tracing_is_off_by_default():
    parameter = TEMPLATE["Parameters"]["Tracing"]
    # With "Disabled", SAM leaves out the property and the right to send traces.
    assert (parameter["AllowedValues"], parameter["Default"]) == (
        ["Active", "Disabled"],
        "Disabled",
    )
    assert FUNCTION["Tracing"] == {"Ref": "Tracing"}
    assert API["TracingEnabled"] == {"Fn::If": ["TracingOn", True, False]}
    assert TEMPLATE["Conditions"]["TracingOn"] == {"Fn::Equals": [{"Ref": "Tracing"}, "Active"]}


def test_metrics_by_the_method_are_off():
    assert [setting["MetricsEnabled"] for setting in API["MethodSettings"]] == [False] * 3


def test_burst_is_what_a_new_accounts_lambda_runs_at_once():
    assert TEMPLATE["Parameters"]["ApiBurst"]["Default"] == 10
    assert all(
        setting["ThrottlingBurstLimit"] in (10, {"Ref": "ApiBurst"})
        for setting in API["MethodSettings"]
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


def test_dashboard_is_json():
    text = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(text)["widgets"]
    places = [(w["x"], w["y"]) for w in widgets]
    assert len(set(places)) == len(widgets)


def test_every_log_has_a_retention():
    logs = [r for r in RESOURCES.values() if r["Type"] == "AWS::Logs::LogGroup"]
    assert logs
    for log in logs:
        assert log["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert FUNCTION["LoggingConfig"]["LogGroup"] == {"Ref": "FunctionLogs"}


# ------------------------------------------------------------------------------------- the site


def test_template_has_the_router():
    assert embed(TEXT, ROUTER) == TEXT, "run `python -m infra.embed`"
    assert RESOURCES["Router"]["Properties"]["FunctionCode"] == {"Fn::Sub": ROUTER}
    assert RESOURCES["Router"]["Properties"]["FunctionConfig"]["Runtime"] == "cloudfront-js-2.0"


def test_router_has_exactly_the_sites_parameters():
    assert set(re.findall(r"\$\{([^}]*)", ROUTER)) == set(site_parameters(BUILD, SITE_ID))


def test_router_fits_with_the_longest_parameters():
    max_length = sum(
        TEMPLATE["Parameters"][name]["MaxLength"] for name in ("PageSizes", "Orders", "Types")
    )
    assert len(ROUTER.encode()) + max_length + len(SITE_ID) + 10 <= 10_000


def test_router_is_updated_after_the_apis_alias():
    alias = f"ProfilesFunctionAlias{FUNCTION['AutoPublishAlias']}"
    assert RESOURCES["Router"]["DependsOn"] == alias
    (association,) = DISTRIBUTION["DefaultCacheBehavior"]["FunctionAssociations"]
    assert association["EventType"] == "viewer-request"


def test_only_the_distribution_reads_the_bucket():
    bucket = RESOURCES["SiteBucket"]
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Delete", "Retain")
    statements = RESOURCES["SiteBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    for statement in statements:
        if statement["Effect"] == "Allow":
            assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
            assert "AWS:SourceArn" in statement["Condition"]["StringEquals"]


def test_no_statement_allows_everything():
    allowed = [n for n in nodes(TEMPLATE) if isinstance(n, dict) and n.get("Effect") == "Allow"]
    assert allowed
    for statement in allowed:
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            assert "*" not in action
        assert statement.get("Resource") != "*"


HEADERS = RESOURCES["SecurityHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
CSP = HEADERS["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]


def test_pages_need_only_what_the_content_security_policy_allows():
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
        # The policy blocks inline scripts, styles and event handlers.
        assert not re.search(r"<style|\bstyle=|\son[a-z]+=|javascript:|<iframe|<object", text)
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)


def test_pages_have_the_same_policy_for_hosts_that_send_none():
    text = (ROOT / "site_templates/base.html").read_text()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    same = [part for part in CSP.split("; ") if not part.startswith(("img-src", "frame-ancestors"))]
    # Pages cannot know the hosts of avatars, and a page itself cannot forbid frames.
    assert sorted(policy.split("; ")) == sorted([*same, "img-src * data:"])


def test_every_path_has_security_headers():
    behaviours = [DISTRIBUTION["DefaultCacheBehavior"], *DISTRIBUTION["CacheBehaviors"]]
    for behaviour in behaviours:
        assert behaviour["ResponseHeadersPolicyId"] == {"Ref": "SecurityHeaders"}
        assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
    # They would replace the API's errors by pages.
    assert "CustomErrorResponses" not in DISTRIBUTION


# ------------------------------------------------------------------------------- the parameters

SITE_ID = "0123456789abcdef-89abcdef"
BUILD = Build(
    release="0123456789abcdef",
    users=150,
    page_sizes=tuple(range(1, 101)),
    orders=("id", "-id", "type", "-type"),
    types=(ListedType("User", "user", 140), ListedType("A, B: 'c' ${d}\\ Ü", "a-b-c-d-0", 10)),
    source="users",
    seeded_at="2026-11-24T12:00:00Z",
)


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_every_parameter_is_described_and_used(name):
    parameter = TEMPLATE["Parameters"][name]
    assert 20 < len(parameter["Description"]) <= 4000
    rest = {key: value for key, value in TEMPLATE.items() if key != "Parameters"}
    assert any(
        node == {"Ref": name} or (isinstance(node, str) and f"${{{name}}}" in node)
        for node in nodes(rest)
    )
    # Every site gives these two, so they need no default.
    assert "Default" in parameter or name in ("Release", "Users")


def test_parameters_of_a_site_are_allowed():
    for name, value in site_parameters(BUILD, SITE_ID).items():
        parameter = TEMPLATE["Parameters"][name]
        assert re.fullmatch(parameter.get("AllowedPattern", "[0-9]+"), value), name
        assert len(value) <= parameter.get("MaxLength", len(SITE_ID))
    assert TEMPLATE["Parameters"]["Types"]["MaxLength"] == MAX_TYPES_TEXT


def test_defaults_are_allowed():
    for name, parameter in TEMPLATE["Parameters"].items():
        if "AllowedPattern" in parameter and "Default" in parameter:
            assert re.fullmatch(parameter["AllowedPattern"], parameter["Default"]), name


def test_hourly_costs_of_the_cache_are_described():
    assert "14.60 USD a month" in TEMPLATE["Parameters"]["ApiCacheEnabled"]["Description"]


@pytest.mark.parametrize("name", TEMPLATE["Outputs"])
def test_every_output_is_described(name):
    assert TEMPLATE["Outputs"][name]["Description"]
