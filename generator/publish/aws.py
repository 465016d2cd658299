"""Clients of AWS's services whose errors say what to do. The only module that imports boto3.

boto3 finds credentials and region as all of AWS's tools do.
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
from botocore.exceptions import ConnectionError as BotoConnectionError

from generator.errors import PublishError

# Between two attempts botocore waits up to 20 s.
# https://docs.aws.amazon.com/boto3/latest/guide/retries.html
MAX_ATTEMPTS = 5
TIMEOUT = 20  # seconds: to connect, and between two parts of a reply

CONTINUE = "run the same command again to continue"
_LOG_IN = (
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in, for example with"
    " `aws sso login`"
)
_NO_CREDENTIALS = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)
# What a user can do about an error of any service, by its code.
_ADVICE = {
    **dict.fromkeys(
        (
            *("ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidToken"),
            *("InvalidClientTokenId", "SignatureDoesNotMatch", "TokenRefreshRequired"),
            "UnrecognizedClientException",
        ),
        f"the credentials are wrong or have expired: {_LOG_IN}",
    ),
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
}
# The reply to a HEAD has no body with an error code, so botocore gives the status as the code.
_CODE_OF_STATUS = {"301": "PermanentRedirect", "403": "AccessDenied", "404": "NotFound"}


def aws_client(
    service: str,
    endpoint_url: str | None = None,
    threads: int = 1,
    max_attempts: int = MAX_ATTEMPTS,
    **config: Any,
) -> Any:
    """Return a boto3 client.

    Args:
        service: the service's name, as boto3 has it: "s3", "cloudformation".
        endpoint_url: the address of the service; None for AWS's own.
        threads: how many connections to keep open.
        max_attempts: how often a request is tried.
        config: more options of botocore's Config.
    """
    return boto3.session.Session().client(
        service,
        endpoint_url=endpoint_url,
        config=Config(
            connect_timeout=TIMEOUT,
            read_timeout=TIMEOUT,
            max_pool_connections=threads,
            retries={"mode": "standard", "total_max_attempts": max_attempts},
            **config,
        ),
    )


@contextmanager
def translated_errors(
    failure: str,
    service: str,
    advice: Mapping[str, str],
    error: Callable[[str], Exception] = PublishError,
) -> Iterator[None]:
    """Raise *error* in place of boto3's exceptions, with a text for people.

    Args:
        failure: the first words of the text: what cannot be done.
        service: the service's name for people.
        advice: what to do about an error, by the service's error code or botocore's class.
        error: the exception to raise.
    """
    try:
        yield
    except ClientError as exc:
        reply = _described_reply(exc.response, service, advice)
        raise error(f"{failure}: {reply}") from exc
    except _NO_CREDENTIALS as exc:
        raise error(f"{failure}: {_text(exc)}; {_LOG_IN}") from exc
    except NoRegionError as exc:
        raise error(f"{failure}: {_text(exc)}; set AWS_DEFAULT_REGION") from exc
    except BotoConnectionError as exc:
        check = "check the network, --endpoint-url and the region"
        raise error(f"{failure}: {_text(exc)}; {check}; {CONTINUE}") from exc
    except (HTTPClientError, IncompleteReadError) as exc:
        raise error(f"{failure}: {_text(exc)}; {CONTINUE}") from exc
    except (BotoCoreError, ValueError) as exc:
        hint = advice.get(type(exc).__name__)
        raise error(f"{failure}: {_text(exc)}{f'; {hint}' if hint else ''}") from exc


def _described_reply(response: dict[str, Any], service: str, advice: Mapping[str, str]) -> str:
    error, status = response["Error"], response["ResponseMetadata"].get("HTTPStatusCode")
    code = _CODE_OF_STATUS.get(error["Code"], error["Code"])
    may_pass = status is None or status >= 500
    hint = advice.get(code) or _ADVICE.get(code) or (CONTINUE if may_pass else "")
    reply = f"{service} answered {status} {code} ({error.get('Message', '').rstrip('.')})"
    return f"{reply}; {hint}" if hint else reply


def _text(exc: Exception) -> str:
    return str(exc).strip().rstrip(".").replace("\n", " ")
