"""Where the links of a site lead."""

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from function.answer import PATH as API_PATH
from generator.errors import CheckFailed
from generator.site import Build, Listing, page_name, route

# A URL with a scheme or a host.
_ABSOLUTE_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


class ListingPage(NamedTuple):
    """A page of a listing, by its number."""

    listing: Listing
    number: int


class Links:
    """The addresses of the site in *folder*.

    Args:
        folder: the folder of the site.
        build: the build of the site.
        origin: scheme and host of the site; "" if they are not known.
    """

    def __init__(self, folder: Path, build: Build, origin: str) -> None:
        self._folder, self._build = folder, build
        self._base_path, self.origin = build.base_path, origin
        self._page_counts = {
            listing.prefix: (listing, build.page_count(listing)) for listing in build.listings()
        }
        self._files: set[str] = set()

    def path(self, key: str) -> str:
        """Return the address of *key* without the host."""
        return self._base_path + key

    def url(self, key: str) -> str:
        """Return the address of *key* with the host, if that is known."""
        return self.origin + self._base_path + key

    def page(self, key: str) -> ListingPage | None:
        """Return the page of the build that has *key*; None if there is none.

        `Build.has_page` takes five times as long. This is called for each file.
        """
        prefix, slash, name = key.rpartition("/")
        listing, count = self._page_counts.get(prefix + slash, (None, 0))
        digits = name.removesuffix(".html")
        if listing is None or not digits.isdecimal() or len(digits) > len(str(count)):
            return None
        number = int(digits)
        is_page = 1 <= number <= count and name == page_name(number)
        return ListingPage(listing, number) if is_page else None

    def follow(self, key: str, link: str) -> str:
        """Return the key of the file to which *link*, an address in the file *key*, leads.

        The result is "" if it leads to the API, or away from the site.

        Raises:
            CheckFailed: there is no such file.
        """
        if link.startswith(self._base_path):
            target = link.removeprefix(self._base_path)
            if self.page(target) or target in self._files:
                return target
        url = link
        if self.origin and link.startswith(f"{self.origin}/"):
            url = link.removeprefix(self.origin)
        if _ABSOLUTE_URL.match(url):
            return ""
        path = urlsplit(urljoin(self._base_path + key, url)).path
        if path == API_PATH:
            return ""
        if path.startswith(self._base_path):
            path = "/" + unquote(path.removeprefix(self._base_path))
            target = route(path, {}, self._build).key
            if self.page(target) or self._is_file(target):
                return target
        raise CheckFailed(f"{key} links to {link}, which does not exist")

    def _is_file(self, key: str) -> bool:
        if key not in self._files and (self._folder / key).is_file():
            self._files.add(key)
        return key in self._files
