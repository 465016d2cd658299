"""moto's S3 behind a loopback address, for tests with real requests."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

NAME = "bucket"


def bucket_keys(client: Any) -> set[str]:
    """Return the keys in the bucket, as the boto3 *client* lists them."""
    listing = client.list_objects_v2(Bucket=NAME)
    return {item["Key"] for item in listing.get("Contents", ())}


class MotoServer:
    """moto's S3, which records the uploads into the bucket.

    https://docs.getmoto.org/en/latest/docs/server_mode.html

    Attributes:
        address: the server's URL.
        puts: the keys of the uploads, in order.
        before_put: is called with the number of each upload before the upload is answered.
    """

    def __init__(self) -> None:
        # Imported by the tests that need it: it takes a quarter of a second.
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        self._app = DomainDispatcherApplication(create_backend_app)
        self.address = ""
        self.reset()

    def reset(self) -> None:
        self.puts: list[str] = []
        self.before_put: Callable[[int], object] = lambda number: None

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "PUT" and environ["PATH_INFO"].startswith(f"/{NAME}/"):
            self.puts.append(environ["PATH_INFO"].removeprefix(f"/{NAME}/"))
            self.before_put(len(self.puts))
        return self._app(environ, start)


@contextmanager
def running_server() -> Iterator[MotoServer]:
    """Serve moto's S3 on a free port."""
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs every request
    moto = MotoServer()
    server = make_server("127.0.0.1", 0, moto, threaded=True)
    moto.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield moto
    server.shutdown()
    thread.join()
    server.server_close()
