"""A site: its listings, the keys of its files, its URLs and its folder. Draws nothing."""

from generator.site.build import Build, Slice
from generator.site.files import (
    ABOUT_KEY,
    ASSETS,
    BUILD_KEY,
    CHANGES_KEY,
    FEED_KEY,
    INDEX_KEY,
    NOT_FOUND_KEY,
    PAGES_BESIDE,
    ROBOTS_KEY,
    SiteFile,
    cache_control,
    content_type,
)
from generator.site.folder import keys, read_build
from generator.site.listed_type import ListedType, listed_types
from generator.site.listing import Listing, applies_to_one_type, page_name
from generator.site.page_numbers import corresponding_page, window
from generator.site.router import Route, route
from generator.site.row import AVATAR_SIZE, UserRow, resized, user_row
from generator.site.seal import BUILT, sealed, write_seal
from generator.site.selection import (
    DEFAULT_ORDERS,
    DEFAULT_PAGE_SIZES,
    choose_types,
    parse_orders,
    parse_page_sizes,
)
from generator.site.update import Update
from generator.site.writer import FileCounts, Writer, new_draft

__all__ = [
    "ABOUT_KEY",
    "ASSETS",
    "AVATAR_SIZE",
    "BUILD_KEY",
    "BUILT",
    "CHANGES_KEY",
    "DEFAULT_ORDERS",
    "DEFAULT_PAGE_SIZES",
    "FEED_KEY",
    "INDEX_KEY",
    "NOT_FOUND_KEY",
    "PAGES_BESIDE",
    "ROBOTS_KEY",
    "Build",
    "FileCounts",
    "ListedType",
    "Listing",
    "Route",
    "SiteFile",
    "Slice",
    "Update",
    "UserRow",
    "Writer",
    "applies_to_one_type",
    "cache_control",
    "choose_types",
    "content_type",
    "corresponding_page",
    "keys",
    "listed_types",
    "new_draft",
    "page_name",
    "parse_orders",
    "parse_page_sizes",
    "read_build",
    "resized",
    "route",
    "sealed",
    "user_row",
    "window",
    "write_seal",
]
