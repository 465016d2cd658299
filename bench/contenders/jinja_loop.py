"""The pages in simple Jinja2: our templates, with a loop over the users of a page.

All users are in memory, and each row is drawn again on each page:
`python -m bench.contenders.jinja_loop DATABASE FOLDER`.
"""

import sys
from pathlib import Path

from jinja2 import Template

from bench.contenders.contender import Contender, plan, renderer
from function.contract import implied_urls
from function.database import Directory
from generator.reading import read_profiles
from generator.render.pages import Renderer
from generator.site import AVATAR_SIZE, UserRow, user_row

NAME = "plain Jinja2 loop"


def contender(database: Path) -> Contender:
    """Return this program, for the users of *database*."""
    return Contender(NAME, [sys.executable, "-m", __name__, database])


def template(drawing: Renderer) -> Template:
    """Return users.html with a loop over `profiles` that draws _user_row.html, in place of rows."""
    environment = drawing.templates.environment
    assert environment.loader
    page, row = (
        environment.loader.get_source(environment, name)[0]
        for name in ("users.html", "_user_row.html")
    )
    loop = "{% for profile in profiles %}" + row + "{% endfor %}"
    assert page.count("{{ rows }}") == 1, "users.html no longer shows its rows as {{ rows }}"
    page = page.replace("{{ rows }}", loop)
    return environment.from_string(page)


def users(directory: Directory) -> list[UserRow]:
    """Return all users, with addresses fit to be shown."""
    rows = []
    for profile in read_profiles(directory, "id"):
        identity, username, type_, avatar_url, html_url = profile
        if (avatar_url, html_url) == implied_urls(identity, username):
            sizes = [f"{avatar_url}&s={times * AVATAR_SIZE}" for times in (1, 2)]
            rows.append(UserRow(identity, username, type_, *sizes, html_url, username[:1]))
        else:
            rows.append(user_row(*profile))
    return rows


def main() -> None:
    """Write the pages of the database into the folder, both from the command line."""
    directory, folder = Directory(Path(sys.argv[1])), Path(sys.argv[2])
    build, drawing = plan(directory), renderer(directory, use_slots=False)
    profiles, page_template = users(directory), template(drawing)
    for listing in build.listings():
        size = listing.pagination
        (folder / listing.prefix).mkdir(parents=True, exist_ok=True)
        for page in range(1, build.page_count(listing) + 1):
            digits, texts = (
                [column[0].decode() for column in columns]
                for columns in drawing.context.numbers(listing, range(page, page + 1))
            )
            context = drawing.context.values(listing, page, digits, texts, lambda text: text)
            shown = profiles[(page - 1) * size : page * size]
            path = folder / listing.key(page)
            path.write_text(page_template.render(**context, profiles=shown), encoding="utf-8")


if __name__ == "__main__":
    main()
