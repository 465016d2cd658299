"""The users in what files hold, under GitHub's names. Does no I/O.

Files come from `gh api`, from GitHub's REST and GraphQL APIs, from GH Archive, from spreadsheets,
and from this program's own sites and API. The functions raise ValueError for what they refuse. The
readers add the place in the file.
"""

import re
from functools import lru_cache
from typing import Any

from function.errors import shorten

MAX_RECORD = 1 << 20  # characters; GitHub's own records have about 900
# A user's fields, and the columns or members that have them, the best first.
_ALIASES = {
    "id": ("databaseid", "id"),  # GraphQL has another id, a text
    "login": ("login", "username", "handle"),
    "type": ("type", "typename"),
    "avatar_url": ("avatarurl",),
    "html_url": ("htmlurl", "url"),
}
# Stargazers with dates, events, and edges of GraphQL have the user in one of these members.
_WRAPPERS = ("user", "actor", "node")
_ABSENT = frozenset(("", "null", "none", "nan"))
_PLAIN_LOGIN = re.compile("[A-Za-z0-9-]+")
# Zero-width characters, marks of direction and the soft hyphen come with a copy from a page.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_ADDRESS = re.compile(r"(?:https?://[^/]+|[\w-]+(?:\.[\w-]+)+)/([^/?#]+)/?(?:[?#].*)?")
_NOT_IN_LOGIN = re.compile(r"[\x00-\x1f\x7f]|://")


def user_in(value: Any) -> dict[str, Any] | None:
    """Return the user in *value*, a decoded JSON value or a row of a table, cleaned.

    It is *value* itself, or a member of an event, a dated star or an edge of GraphQL. It is None
    for a deleted account. Any other object is returned, too, for `read_user` to refuse.
    """
    user, fields = _unwrap(value)
    if user is None:
        return None
    if not isinstance(user, dict):
        raise ValueError(f"{shorten(str(user))} is not a user object")
    if "id" not in fields and (message := _error_message(user)):
        raise ValueError(
            f"it is not a list but an error of GitHub: {shorten(message, 300)}; request the list"
            " again"
        )
    return _clean(user, fields)


def is_container(value: Any) -> bool:
    """Return whether *value* is an object around lists of users, as an answer of a search is."""
    try:
        user, fields = _unwrap(value)
    except ValueError:  # `user_in` raises it again
        return False
    if not isinstance(user, dict) or isinstance(user.get(fields.get("id")), int):
        return False
    inner = [member for member in user.values() if isinstance(member, list | dict)]
    # GraphQL's organisations and repositories can have an id and a login, too.
    if any(isinstance(member, dict) and member.keys() & {"nodes", "edges"} for member in inner):
        return True
    return bool(inner) and not (fields.keys() & {"id", "login"} or _error_message(user))


def may_have_users(member: Any) -> bool:
    """Return whether the *member* of a container can have users. GraphQL's pageInfo has none."""
    return isinstance(member, list) or (
        isinstance(member, dict)
        and ("login" in member or any(isinstance(part, list | dict) for part in member.values()))
    )


def is_structure(item: Any) -> bool:
    """Return whether the *item* of a list in a container is no text or number, as tags are."""
    return item is None or isinstance(item, list | dict)


def _unwrap(value: Any) -> tuple[Any, dict[str, str]]:
    """Return the user that *value* wraps, or else *value*, and the names of its fields."""
    while isinstance(value, dict):
        fields = fields_of(tuple(value))
        is_user = {"id", "login"} <= fields.keys()
        wrapped = [] if is_user else [value[name] for name in _WRAPPERS if name in value]
        if not wrapped:
            return value, fields
        value = wrapped[0]
    return value, {}


def _error_message(value: dict[str, Any]) -> str:
    """Return the message of an error of the REST or the GraphQL API, "" if *value* is none."""
    errors = value.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else value
    message = first.get("message") if isinstance(first, dict) else None
    return message if isinstance(message, str) else ""


@lru_cache
def fields_of(names: tuple[str, ...]) -> dict[str, str]:
    """Return the name of each field's column, among the *names* of columns or members."""
    folded = [name.strip().lower() for name in names]
    if repeated := [name for name in folded if name and folded.count(name) > 1]:
        raise ValueError(f"two columns are named {repeated[0]}: rename or delete one")
    logins = [name.strip() for name in names if _plain(name) in _ALIASES["login"]]
    if len(logins) > 1:
        raise ValueError(
            f"the columns {' and '.join(logins)} both mean the login: rename or delete one"
        )
    columns = {_plain(name): name for name in names}
    if "databaseid" not in columns:
        columns.pop("url", None)  # the REST API's url is an address of the API
    return {
        field: next(columns[alias] for alias in aliases if alias in columns)
        for field, aliases in _ALIASES.items()
        if not columns.keys().isdisjoint(aliases)
    }


def _plain(name: str) -> str:
    """Return *name* as in `_ALIASES`: "User name" and "user_name" as "username"."""
    return re.sub(r"[\s_-]", "", name.lower())


def _clean(record: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
    """Return the *fields* of *record* without what spreadsheets and people add to values.

    Optional values such as NULL are left out. A login is without "@" or the address around it.
    """
    user = {}
    for field, name in fields.items():
        value = record[name]
        user[field] = value.strip() if isinstance(value, str) else value
    for field in ("type", "avatar_url", "html_url"):
        if str(user.get(field)).lower() in _ABSENT:
            user.pop(field, None)
    if isinstance(user.get("id"), str):
        user["id"] = _clean_id(user["id"])
    if isinstance(user.get("login"), str):
        user["login"] = _clean_login(user["login"])
    return user


def _clean_id(text: str) -> int | str | None:
    if number := re.fullmatch(r"(-?[0-9]{1,20})(\.0)?", text):
        return int(number[1])
    if re.fullmatch(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+", text):
        change = "rounded it"
    elif re.fullmatch(r"[0-9]{1,3}([.,' \u00a0\u202f][0-9]{3})+", text):
        change = "grouped its digits"
    else:
        return text or None  # `read_user` refuses it
    raise ValueError(
        f"the id {text} is not as it was: a spreadsheet such as Excel {change}; format the column"
        " as a number without decimals or separators, and export it again from the original"
    )


def _clean_login(text: str) -> str:
    if _PLAIN_LOGIN.fullmatch(text):  # nearly all
        return text
    login = _INVISIBLE.sub("", text).strip()
    if address := _ADDRESS.fullmatch(login):
        login = address[1]
    if _NOT_IN_LOGIN.search(login):
        raise ValueError(f"{shorten(login)} is not a login like octocat")
    return login.removeprefix("@")
