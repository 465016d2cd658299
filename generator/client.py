"""GitHub over HTTP: a URL in, a `Reply` out."""

import httpx

from generator.errors import SourceError, Unreachable
from generator.github import Reply, origin, request_headers

# Seconds. GitHub itself cuts a request off after 10.
TIMEOUT = httpx.Timeout(30, connect=10)


class Client:
    """Asks the API at *api_url*, with *token* if there is one.

    The token is sent to that host alone: not to one that a redirect or a link names.
    """

    def __init__(
        self, api_url: str, token: str | None, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.api_url = api_url
        self.authorized = bool(token)
        self._token = token
        try:
            # On a redirect to another host httpx drops the Authorization header by itself.
            self._http = httpx.Client(transport=transport, timeout=TIMEOUT, follow_redirects=True)
        except (ValueError, ImportError) as exc:  # ImportError: a SOCKS proxy
            raise SourceError(f"a proxy setting of the environment is not usable: {exc}") from exc

    def get(self, url: str) -> Reply:
        """Return GitHub's answer, whatever its status.

        Raises:
            Unreachable: no connection could be made.
            SourceError: it broke off, or the address cannot be asked.
        """
        token = self._token if origin(url) == origin(self.api_url) else None
        try:
            response = self._http.get(url, headers=request_headers(token))
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as exc:
            no_connection = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)
            # After a redirect it is another host that cannot be reached: this one answered.
            if isinstance(exc, no_connection) and str(exc.request.url) == str(httpx.URL(url)):
                raise Unreachable(url, str(exc)) from exc
            raise SourceError(
                f"asking {url} failed: {exc or type(exc).__name__};"
                " the same command goes on where it stopped"
            ) from exc
        return Reply(
            str(response.url), response.status_code, dict(response.headers), response.content
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
