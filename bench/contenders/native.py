"""A C program, pages.c, with the pages' markup compiled into it."""

import subprocess
from pathlib import Path

from bench.contenders.contender import HERE, TEXTS, Contender, Pages, Users, same_place
from bench.contenders.markup import Each, Language, Nodes

NAME = "C program"


def make(compiler: str, folder: Path, pages: Pages, row: Nodes, users: Users) -> Contender:
    """Write and compile the C program, and write its data file."""
    folder.mkdir()
    language = _c()
    parts = [f"static void row(const struct user *u) {{ {language.write(row)} }}"]
    table = []
    for listing, nodes in pages.items():
        size = listing.pagination
        split = next(n for n, node in enumerate(nodes) if isinstance(node, Each))
        for name, some in (("head", nodes[:split]), ("tail", nodes[split + 1 :])):
            code = language.write(some)
            parts.append(f"static void {name}_{size}(const struct page *p) {{ {code} }}")
        table.append(f'{{{size}, "{listing.prefix}", head_{size}, tail_{size}}},')
    parts.append(f"static const struct listing LISTINGS[] = {{ {' '.join(table)} {{0}} }};")
    code = "\n".join(parts)
    room = f"enum {{ ROW = {len(parts[0])}, FRAME = {len(code) + 100_000} }};"
    (folder / "markup.h").write_text(f"{room}\n{code}\n")
    program = folder / "pages"
    command = [compiler, "-O2", "-march=native", "-I", folder, "-o", program, HERE / "pages.c"]
    subprocess.run(command, check=True)
    data = folder / "users"
    with data.open("wb") as file:
        for user in users:
            fields = [user[name] for name in ("id", *TEXTS) if name in user]
            assert not any({"\x1e", "\x1f"} & {*field} for field in fields), user
            file.write("".join(f"{field}\x1f" for field in fields).encode() + b"\x1e")
    return Contender(NAME, [program, data])


def _c() -> Language:
    def value(name: str) -> str:
        if name in ("id", *TEXTS):
            return f"{'put' if name == 'id' else 'escaped'}(u->field[{name.upper()}]);"
        if name.startswith("same_"):
            return f"number(p->skip / {same_place(name)} + 1, 0);"
        plain = name.removesuffix("_text")
        known = {"prev": "p->page - 1", "next": "p->page + 1", "number": "n"}
        return f"number({known.get(plain, f'p->{plain}')}, {int(plain != name)});"

    conditions = {
        "has_prev": "p->page > 1",
        "has_next": "p->page < p->pages",
        "own": "u->own",
        "has_type": "u->field[TYPE].length",
        "has_picture": "u->field[AVATAR].length",
        "has_dense": "u->field[AVATAR_2X].length",
        "has_address": "u->field[PROFILE_URL].length",
        "is_gap": "!n",
        "is_current": "n == p->page",
        "is_far": "n != 1 && n != p->pages",
    }

    def test(name: str, yes: str, no: str) -> str:
        type_ = name.removeprefix("type=")
        condition = conditions.get(name) or f'IS(u->field[TYPE], "{type_}")'
        return f"if ({condition}) {{ {yes} }} else {{ {no} }}"

    def each(name: str, body: str) -> str:
        return f"for (int k = 0; k < p->offered; k++) {{ long n = p->numbers[k]; {body} }}"

    def text(plain: str) -> str:
        found = "".join(
            chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
            for byte in plain.encode()
        )
        return f'LITERAL("{found}");\n'

    return Language(text, value, test, each)
