"""Small sites for tests of a site's folder."""

from generator.site import Build, FileCounts, SiteFile, Update

BUILD = Build("0" * 16, 60, (25,), ("id",), (), "users", "2026-11-24T12:00:00Z")
BUILD_JSON = SiteFile("build.json", BUILD.to_json())


def make_page(number, text=b"text"):
    return SiteFile(f"users/{number}.html", text)


def write_site(folder, files, build=BUILD, inputs="inputs"):
    """Update *folder* to *files*, and return what happened to them."""
    counts, keys = FileCounts(), set()
    with Update(folder) as update:
        for file in files:
            counts += update.writer.put(file.key, file.content)
            if not build.has_page(file.key):
                keys.add(file.key)
        removed = update.finish(lambda key: build.has_page(key) or key in keys, inputs)
    return counts + FileCounts(removed=removed)


def interrupted():
    """Yield the first page, and raise what Ctrl-C raises."""
    yield make_page(1)
    raise KeyboardInterrupt
