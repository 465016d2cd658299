"""The API for a server that is measured: `uvicorn bench.asgi:app`."""

import os
from pathlib import Path

from function.app import create_app
from function.database import Directory

app = create_app(Directory(Path(os.environ["DIRECTORY_DB"]), use_mmap=True))
