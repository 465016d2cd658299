"""The costs of a month on AWS: the table in infra/README.md, from list prices and assumptions.

``python -m infra.costs`` prints the table. The prices are those of us-east-1 in November 2026, in
US dollars. Allowances that never end are taken into account, those of an account's first year not.
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
# https://aws.amazon.com/cloudwatch/pricing/ (alarms, dashboard and metrics are free)
LOG_GB, FREE_LOG_GB = 0.50, 5
# https://aws.amazon.com/xray/pricing/ (one request a second is traced, and 5 % of the rest)
TRACE, FREE_TRACES, SECONDS = 5 / MILLION, 100_000, HOURS * 3600

# A page is 4 kB. Every fourth view is a visitor's first, and loads three more files of 6 kB in all.
REQUESTS_A_VIEW, KB_A_VIEW = 1.75, 5.5
# A reply with 25 users is 1.5 kB, compressed. The function takes 20 ms of 512 MB, its share of cold
# starts included, and logs 1 kB.
KB_A_REPLY, GB_SECONDS_A_RUN, KB_OF_LOG = 1.5, 0.02 * 0.5, 1.0
# The longest reply: 100 users, not compressed.
MAX_KB_A_REPLY = 18
# HEAD of profiles, GET and HEAD of the API's description, OPTIONS of both: for each, the rate is
# that of template.yaml (MethodSettings).
OTHER_METHODS, OTHER_RATE = 5, 1
# The share of requests that a cache answers.
CACHED = 0.9
# A deployment a day of 5,200 files. The last three deployments stay, 60 MB each.
FILES, DEPLOYMENTS, STORED_GB = 5_200, 30, 3 * 0.06


class Design(NamedTuple):
    """A way to call the API.

    Attributes:
        name: the words of the table.
        is_by_site: whether the API is called at the site's address, through CloudFront's cache.
        has_api_cache: whether API Gateway's cache is on.
    """

    name: str
    is_by_site: bool
    has_api_cache: bool


DESIGNS = (
    Design("as it is: the API by the site's address, API Gateway's cache on", True, True),
    Design("`ApiCacheEnabled=false`: CloudFront still caches", True, False),
    Design("the API asked at API Gateway itself, its cache on", False, True),
    Design("the same without that cache", False, False),
)
VISITS = (0, 1_000, MILLION, 100 * MILLION)


def month(design: Design, visits: int, *, tracing: bool = False) -> float:
    """Return the costs of a month with *visits* views of pages and as many calls of the API."""
    edge_requests, edge_gb = REQUESTS_A_VIEW * visits, KB_A_VIEW * visits / MILLION
    api_requests, api_gb = float(visits), 0.0
    if design.is_by_site:
        edge_requests += visits
        edge_gb += KB_A_REPLY * visits / MILLION
        api_requests *= 1 - CACHED
    else:
        api_gb = KB_A_REPLY * visits / MILLION
    # Behind CloudFront's cache, API Gateway's seldom has a reply that CloudFront's has not.
    is_cached = design.has_api_cache and not design.is_by_site
    runs = api_requests * (1 - CACHED) if is_cached else api_requests
    parts = (
        beyond(edge_requests, FREE_EDGE_REQUESTS, EDGE_REQUEST),
        beyond(edge_gb, FREE_EDGE_GB, EDGE_GB),
        beyond(REQUESTS_A_VIEW * visits, FREE_ROUTER_RUNS, ROUTER_RUN),
        api_requests * API_REQUEST,
        beyond(api_gb, FREE_API_GB, API_GB),
        HOURS * API_CACHE_HOUR if design.has_api_cache else 0,
        beyond(runs, FREE_INVOCATIONS, INVOCATION),
        beyond(runs * GB_SECONDS_A_RUN, FREE_GB_SECONDS, GB_SECOND),
        beyond(runs * KB_OF_LOG / MILLION, FREE_LOG_GB, LOG_GB),
        DEPLOYMENTS * FILES * PUT if visits else 0,
        STORED_GB * S3_GB,
        beyond(traces(api_requests), FREE_TRACES, TRACE) if tracing else 0,
    )
    return sum(parts)


def flood(rate: int) -> float:
    """Return the costs of a month of as many requests as API Gateway allows, all past the caches.

    Each second *rate* requests ask for 100 profiles, not compressed, and OTHER_RATE requests call
    each other method.
    """
    requests = (rate + OTHER_METHODS * OTHER_RATE) * SECONDS
    run = INVOCATION + GB_SECONDS_A_RUN * GB_SECOND + KB_OF_LOG / MILLION * LOG_GB
    gb = MAX_KB_A_REPLY * rate * SECONDS / MILLION
    return requests * (API_REQUEST + run) + beyond(gb, FREE_API_GB, API_GB)


def traces(requests: float) -> float:
    """Return how many of a month's requests X-Ray traces, if they come evenly."""
    first_of_a_second = min(requests, SECONDS)
    return first_of_a_second + 0.05 * (requests - first_of_a_second)


def beyond(used: float, free: float, price: float) -> float:
    """Return the price of the use beyond the free allowance."""
    return max(0.0, used - free) * price


def dollars(amount: float) -> str:
    """Return *amount* as text: from a hundred dollars on without cents."""
    if amount < 0.01:
        return "under 0.01"
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.2f}"


def table() -> str:
    """Return the table, in Markdown."""
    rows = [
        ["", "idle", "1,000", "1 million", "100 million"],
        ["---", *["---:"] * len(VISITS)],
        *(
            [design.name, *(dollars(month(design, visits)) for visits in VISITS)]
            for design in DESIGNS
        ),
        [
            "the first with `Tracing=Active`",
            *(dollars(month(DESIGNS[0], visits, tracing=True)) for visits in VISITS),
        ],
    ]
    return "".join(f"| {' | '.join(row)} |\n".replace("|  |", "| |") for row in rows)


if __name__ == "__main__":
    print(table(), end="")
