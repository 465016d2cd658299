"""Clients of given replies, for the tests of the client."""

import httpx

from generator.github import Client

API = "https://api.test"


class Waits(list):
    """The waits of a client, in seconds, with their reasons."""

    def __call__(self, seconds, reason):
        self.append((seconds, reason))


def client(answers, waits=None, token=None, *, api_url=API, **options):
    """Return a client that gets *answers*: a function of the request, or replies in order."""
    if not callable(answers):
        rest = iter(answers)

        def handler(request):
            answer = next(rest)
            if isinstance(answer, Exception):
                answer.request = request
                raise answer
            return answer
    else:
        handler = answers
    return Client(
        api_url,
        token,
        wait=waits if waits is not None else Waits(),
        clock=lambda: 1000.0,
        jitter=lambda: 1.0,
        transport=httpx.MockTransport(handler),
        **options,
    )


def body(reply):
    return reply.body


def same(reply):
    return reply


def good(content=b"[]"):
    return httpx.Response(200, content=content)
