"""What a month on AWS costs: the table in infra/README.md, from list prices and plain assumptions.

``python -m infra.costs`` prints it. The prices are those of us-east-1 in November 2026, in US
dollars. What is always free is counted, what is free in an account's first year is not.
"""

from typing import NamedTuple

MILLION = 1_000_000

# https://aws.amazon.com/cloudfront/pricing/ (North America and Europe)
EDGE_REQUEST, FREE_EDGE_REQUESTS = 0.0100 / 10_000, 10 * MILLION
EDGE_GB, FREE_EDGE_GB = 0.085, 1024
ROUTER_RUN, FREE_ROUTER_RUNS = 0.10 / MILLION, 2 * MILLION
# https://aws.amazon.com/api-gateway/pricing/ (REST; its cache by the hour, of 730 a month)
API_REQUEST, API_CACHE_HOUR, HOURS = 3.50 / MILLION, 0.02, 730
API_GB, FREE_API_GB = 0.09, 100
# https://aws.amazon.com/lambda/pricing/ (arm64)
INVOCATION, FREE_INVOCATIONS = 0.20 / MILLION, MILLION
GB_SECOND, FREE_GB_SECONDS = 0.0000133334, 400_000
# https://aws.amazon.com/s3/pricing/
PUT, S3_GB = 0.005 / 1_000, 0.023
# https://aws.amazon.com/cloudwatch/pricing/ (alarms, dashboard and metrics are within what is free)
LOG_GB, FREE_LOG_GB = 0.50, 5
# https://aws.amazon.com/xray/pricing/ (one request a second and 5 % of those beyond are traced)
TRACE, FREE_TRACES, SECONDS = 5 / MILLION, 100_000, HOURS * 3600

# A page is 4 kB; every fourth view is somebody's first, and loads three more files of 6 kB in all.
REQUESTS_A_VIEW, KB_A_VIEW = 1.75, 5.5
# An answer of 25 users is 1.5 kB, compressed. The function takes 20 ms of 512 MB, a share of cold
# starts included, and logs 1 kB.
KB_AN_ANSWER, GB_SECONDS_A_RUN, KB_OF_LOG = 1.5, 0.02 * 0.5, 1.0
# An answer of 100 users that is not compressed.
KB_OF_THE_LONGEST_ANSWER = 18
# HEAD of profiles, GET and HEAD of the API's description, OPTIONS of both: each may be asked for so
# often a second (template.yaml, MethodSettings).
OTHER_METHODS, OTHER_RATE = 5, 1
# Of what is asked, so much a cache answers.
CACHED = 0.9
# A deployment a day of 5,200 files; the last three are kept, 60 MB each.
FILES, DEPLOYMENTS, KEPT_GB = 5_200, 30, 3 * 0.06


class Design(NamedTuple):
    """How the API is asked, and which caches there are."""

    name: str
    by_site: bool
    api_cache: bool


DESIGNS = (
    Design("as it is: the API by the site's address, API Gateway's cache on", True, True),
    Design("`ApiCacheEnabled=false`: CloudFront still caches", True, False),
    Design("the API asked at API Gateway itself, its cache on", False, True),
    Design("the same without that cache", False, False),
)
VISITS = (0, 1_000, MILLION, 100 * MILLION)


def month(design: Design, visits: int, *, tracing: bool = False) -> float:
    """Return what a month costs with so many pages looked at, and as many questions to the API."""
    requests, gb = REQUESTS_A_VIEW * visits, KB_A_VIEW * visits / MILLION
    asked, api_gb = float(visits), 0.0
    if design.by_site:
        requests, gb = requests + visits, gb + KB_AN_ANSWER * visits / MILLION
        asked *= 1 - CACHED
    else:
        api_gb = KB_AN_ANSWER * visits / MILLION
    # By the site's address, what CloudFront does not know the inner cache seldom knows.
    runs = asked * (1 - CACHED) if design.api_cache and not design.by_site else asked
    parts = (
        beyond(requests, FREE_EDGE_REQUESTS, EDGE_REQUEST),
        beyond(gb, FREE_EDGE_GB, EDGE_GB),
        beyond(REQUESTS_A_VIEW * visits, FREE_ROUTER_RUNS, ROUTER_RUN),
        asked * API_REQUEST,
        beyond(api_gb, FREE_API_GB, API_GB),
        HOURS * API_CACHE_HOUR if design.api_cache else 0,
        beyond(runs, FREE_INVOCATIONS, INVOCATION),
        beyond(runs * GB_SECONDS_A_RUN, FREE_GB_SECONDS, GB_SECOND),
        beyond(runs * KB_OF_LOG / MILLION, FREE_LOG_GB, LOG_GB),
        DEPLOYMENTS * FILES * PUT if visits else 0,
        KEPT_GB * S3_GB,
        beyond(traces(asked), FREE_TRACES, TRACE) if tracing else 0,
    )
    return sum(parts)


def flood(rate: int) -> float:
    """Return what a stranger can cost who asks API Gateway all month, past all caches.

    For profiles *rate* times a second, a hundred at a time and not compressed, and all other
    methods as often as the template lets through.
    """
    requests = (rate + OTHER_METHODS * OTHER_RATE) * SECONDS
    run = INVOCATION + GB_SECONDS_A_RUN * GB_SECOND + KB_OF_LOG / MILLION * LOG_GB
    gb = KB_OF_THE_LONGEST_ANSWER * rate * SECONDS / MILLION
    return requests * (API_REQUEST + run) + beyond(gb, FREE_API_GB, API_GB)


def traces(asked: float) -> float:
    """Return how many of the requests to API Gateway X-Ray traces, if they come evenly."""
    sampled = min(asked, SECONDS)
    return sampled + 0.05 * (asked - sampled)


def beyond(used: float, free: float, price: float) -> float:
    """Return the price of what is used beyond what is free."""
    return max(0.0, used - free) * price


def dollars(amount: float) -> str:
    """Return an amount for the table: whole dollars from a hundred on."""
    if amount < 0.01:
        return "under 0.01"
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.2f}"


def table() -> str:
    """Return the table, in Markdown."""
    rows = [
        ["", "idle", "1,000", "1 million", "100 million"],
        ["---", *["---:"] * len(VISITS)],
        *([one.name, *(dollars(month(one, visits)) for visits in VISITS)] for one in DESIGNS),
        [
            "the first with `Tracing=Active`",
            *(dollars(month(DESIGNS[0], visits, tracing=True)) for visits in VISITS),
        ],
    ]
    return "".join(f"| {' | '.join(row)} |\n".replace("|  |", "| |") for row in rows)


if __name__ == "__main__":
    print(table(), end="")
