"""AWS's services, as clients that tell people what went wrong: the one door of boto3 and botocore.

Credentials and region are found as all of AWS's tools find them.
https://docs.aws.amazon.com/boto3/latest/guide/credentials.html
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)

from generator.errors import PublishError

# Of a request that fails or is refused for now; botocore waits in between, up to 20 s each time.
# https://docs.aws.amazon.com/boto3/latest/guide/retries.html
ATTEMPTS = 5
TIMEOUT = 20  # seconds, to connect, and between two parts of an answer

GO_ON = "the same command goes on from here"
_LOG_IN = (
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in as with"
    " `aws sso login`"
)
_NO_CREDENTIALS = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)
# What to do about what any service says.
_ADVICE = {
    **dict.fromkeys(
        (
            *("ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidToken"),
            *("InvalidClientTokenId", "SignatureDoesNotMatch", "TokenRefreshRequired"),
            "UnrecognizedClientException",
        ),
        f"the credentials are not right, or no longer: {_LOG_IN}",
    ),
    "RequestTimeTooSkewed": "this machine's clock is wrong",
}
# A HEAD has no body to say what is wrong.
_CODES = {"301": "PermanentRedirect", "403": "AccessDenied", "404": "NotFound"}


def aws_client(
    service: str,
    endpoint_url: str | None = None,
    threads: int = 1,
    attempts: int = ATTEMPTS,
    **config: Any,
) -> Any:
    """Return a client of *service*, at *endpoint_url* or else at AWS, for so many *threads*.

    A request is tried up to *attempts* times.
    """
    return boto3.session.Session().client(
        service,
        endpoint_url=endpoint_url,
        config=Config(
            connect_timeout=TIMEOUT,
            read_timeout=TIMEOUT,
            max_pool_connections=threads,
            retries={"mode": "standard", "total_max_attempts": attempts},
            **config,
        ),
    )


@contextmanager
def translated_errors(
    begin: str,
    service: str,
    advice: Mapping[str, str],
    error: Callable[[str], Exception] = PublishError,
) -> Iterator[None]:
    """Turn what boto3 raises into an *error* that a person can do something about.

    Its text has what cannot be done (*begin*), what *service* says of it, and what *advice* there
    is for such an error.
    """
    try:
        yield
    except ClientError as exc:
        raise error(f"{begin}: {_said(exc.response, service, advice)}") from exc
    except _NO_CREDENTIALS as exc:
        raise error(f"{begin}: {_text(exc)}; {_LOG_IN}") from exc
    except NoRegionError as exc:
        raise error(f"{begin}: {_text(exc)}; set AWS_DEFAULT_REGION") from exc
    except NoConnectionError as exc:
        where = "the network, --endpoint-url and the region"
        raise error(f"{begin}: {_text(exc)}; check {where}; {GO_ON}") from exc
    except (HTTPClientError, IncompleteReadError) as exc:
        raise error(f"{begin}: {_text(exc)}; {GO_ON}") from exc
    except (BotoCoreError, ValueError) as exc:
        todo = advice.get(type(exc).__name__)
        raise error(f"{begin}: {_text(exc)}{f'; {todo}' if todo else ''}") from exc


def _said(response: dict[str, Any], service: str, advice: Mapping[str, str]) -> str:
    error, status = response["Error"], response["ResponseMetadata"].get("HTTPStatusCode")
    code = _CODES.get(error["Code"], error["Code"])
    on = GO_ON if status is None or status >= 500 else ""
    todo = advice.get(code) or _ADVICE.get(code) or on
    said = f"{service} answered {status} {code} ({error.get('Message', '').rstrip('.')})"
    return f"{said}; {todo}" if todo else said


def _text(exc: Exception) -> str:
    return str(exc).strip().rstrip(".").replace("\n", " ")
