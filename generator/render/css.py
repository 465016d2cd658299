"""The part of a stylesheet that a site can need. Does no I/O.

What a site needs is told by *words*: all that its templates and scripts have in them. A class is
used if its name is a word anywhere, so one that is only added on a condition is found too; one
whose name is put together from pieces is not.

Dark colours come by preference: Bootstrap's own stylesheet has them where the attribute
data-bs-theme says dark, what comes out of here where the visitor's system does. Paper stays white.
https://getbootstrap.com/docs/5.3/customize/color-modes/
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import tinycss2

from generator.errors import BuildError

_WORD = re.compile(r"[\w-]+")
_THEME = re.compile(r"""data-bs-theme\s*=\s*"?(light|dark)"?""")
_DARK = "@media screen and (prefers-color-scheme:dark)"
_KEYFRAMES = re.compile(r"@(?:-\w+-)?keyframes (.*)")
# At-rules of rules whose selectors are looked at; other at-rules stay or go whole.
_GROUPS = {"media", "supports", "container", "layer"}
# What says nothing when it is empty: these but @layer, and rules with selectors.
_VAIN = re.compile(r"[^@]|@(media|supports|container)\b")
# A rule with no rules in it; what selectors may have that is not looked through; strings, comments.
_FLAT_RULE = re.compile(r"([^{}]*)\{[^{}]*\}")
_ODD = re.compile(r"[^\w\s.,#:>+~*-]")
_CLASS = re.compile(r"\.([\w-]+)")
_QUOTED = re.compile(r"""/\*.*?\*/|"[^"\n]*"|'[^'\n]*'""", re.DOTALL)
# A page has these elements though no template names them: parsers put them in.
# https://html.spec.whatwg.org/multipage/parsing.html#parsing-main-intable
_IMPLIED = {"html", "head", "body", "colgroup", "tbody", "tr"}
# Pseudo-classes that match only if one of the selectors in them does.
_ANY = {"is", "where", "has", "matches", "any", "-webkit-any", "-moz-any"}
_COMBINATORS = (">", "+", "~")

_Token = Any  # tinycss2's nodes, which have no types


@dataclass(frozen=True, slots=True)
class _Part:
    """A rule with its body; or, without one, a declaration or a statement such as @import."""

    head: str
    body: tuple["_Part", ...] | None = None


def words(text: str) -> set[str]:
    """Return every run of letters, digits, ``_`` and ``-`` in *text*.

    A name with anything else in it counts as used when all its words are: ``md:flex`` is ``md`` and
    ``flex`` here, as it is in a template.
    """
    return set(_WORD.findall(text))


def prune(stylesheet: str, used: Collection[str]) -> str:
    """Return what a page made of the words *used* can need of *stylesheet*, minified.

    A rule stays for those of its selectors whose classes, ids and elements are all used. Custom
    properties, @keyframes and @font-face stay if something that stays names them, or *used* does,
    as another stylesheet's words would. What is left is in the order it was in, and decides
    between rules as it did: ``[data-bs-theme=dark]`` becomes ``:root``, which weighs the same, in
    a media query. ``[data-bs-theme=light]`` goes: it is how Bootstrap looks without a theme.

    Pruning again changes nothing. Comments go, the one with the licence too.
    https://www.w3.org/TR/selectors-4/
    https://getbootstrap.com/docs/5.3/customize/color-modes/

    Raises:
        BuildError: *stylesheet* is no CSS; the text says where.
    """
    names = set(used)
    try:
        parts = _parse(skim(stylesheet, names), set(used))
    except BuildError:
        parts = _parse(stylesheet, set(used))  # where it is, in all there is
        raise
    while True:
        needed = tuple(_needed(parts, names))
        more = set().union(*map(words, _values(needed))) - names
        if not more:
            return _write(needed)
        names |= more


def skim(stylesheet: str, used: set[str]) -> str:
    """Return *stylesheet* without rules that plainly are for no page of the words *used*.

    What is left is parsed in a fifth of the time. A rule stays if there is anything about it but
    selectors with classes, and all rules do where a string or a comment has braces in it.
    """
    if any("{" in found or "}" in found for found in _QUOTED.findall(stylesheet)):
        return stylesheet

    def kept(rule: re.Match[str]) -> str:
        if _ODD.search(rule[1]):
            return rule[0]
        for selector in rule[1].split(","):
            if all(name in used or words(name) <= used for name in _CLASS.findall(selector)):
                return rule[0]
        return ""

    return _FLAT_RULE.sub(kept, stylesheet)


def _parse(stylesheet: str, used: set[str]) -> tuple[_Part, ...]:
    nodes = tinycss2.parse_stylesheet(stylesheet, skip_comments=True, skip_whitespace=True)
    return tuple(_read(nodes, used))


def _read(nodes: Iterable[_Token], used: set[str] | None) -> Iterator[_Part]:
    """Yield what *nodes* are, without the selectors that can't match *used*; None: all can."""
    for node in nodes:
        if node.type == "error":
            raise _error(node)
        if node.type == "declaration":
            value = _text(_tight(node.value)) + ("!important" if node.important else "")
            # An empty custom property is a blank: not every browser takes nothing for a value.
            # https://www.w3.org/TR/css-variables-1/#syntax
            yield _Part(f"{tinycss2.serialize_identifier(node.name)}:{value or ' '}")
            continue
        body: tuple[_Part, ...] | None = None
        keyword = "" if node.type == "qualified-rule" else node.lower_at_keyword
        if node.content is not None:
            inside = tinycss2.parse_blocks_contents(node.content, skip_whitespace=True)
            body = tuple(_read(inside, used if not keyword or keyword in _GROUPS else None))
        if keyword == "charset":  # it is served as UTF-8
            continue
        if keyword:
            prelude = _tight(node.prelude, (",", ":") if keyword == "media" else (",",))
            yield _Part(f"@{keyword} {_text(prelude)}".rstrip(), body)
        elif used is None:
            yield _Part(_text(_tight(node.prelude)), body)
        else:
            yield from _rules(_tight(node.prelude, (",", *_COMBINATORS)), body or (), used)


def _rules(prelude: Sequence[_Token], body: tuple[_Part, ...], used: set[str]) -> Iterator[_Part]:
    """Yield the rule for the selectors of *prelude* that can match, and the one for the dark."""
    plain, dark = [], []
    for selector in _alternatives(prelude):
        theme = _theme(selector)
        if theme == "light" or not _can_match(selector, used):
            continue
        if theme == "dark":
            dark.append(f":root{_text(selector[1:])}")
        else:
            plain.append(_text(selector))
    if plain:
        yield _Part(",".join(plain), body)
    if dark:
        yield _Part(_DARK, (_Part(",".join(dark), body),))


def _theme(selector: Sequence[_Token]) -> str | None:
    """Return the theme that all of *selector* is for, None when it is for any."""
    if not selector or selector[0].type != "[] block":
        return None
    found = _THEME.fullmatch(_text(selector[0].content))
    alone = len(selector) == 1 or selector[1].type == "whitespace" or selector[1] in _COMBINATORS
    return found[1] if found and alone else None


def _can_match(selector: Sequence[_Token], used: set[str]) -> bool:
    """Tell whether something made of *used* may match; what is not sure may."""
    before = None
    for token in selector:
        if before == ":":  # a pseudo-class or, after two of them, a pseudo-element
            if token.type == "function" and token.lower_name in _ANY:
                within = _alternatives(token.arguments)
                if not any(_can_match(one, used) for one in within):
                    return False
        elif token.type == "hash" or (token.type == "ident" and before == "."):
            if token.value not in used and not words(token.value) <= used:
                return False
        elif token.type == "ident" and not {token.value, token.lower_value} & (used | _IMPLIED):
            return False
        before = token
    return True


def _alternatives(tokens: Iterable[_Token]) -> list[list[_Token]]:
    found: list[list[_Token]] = [[]]
    for one in tokens:
        if one == ",":
            found.append([])
        else:
            found[-1].append(one)
    return found


def _tight(tokens: Iterable[_Token], glue: tuple[str, ...] = (",",)) -> list[_Token]:
    """Return *tokens* without the blanks that mean nothing: at the ends, and around *glue*."""
    found: list[_Token] = []
    for token in tokens:
        if token.type == "error":
            raise _error(token)
        if token.type == "function":
            # Around the + of :nth-child(2n + 1) they do.
            inner = (",",) if token.lower_name.startswith("nth-") else glue
            token.arguments[:] = _tight(token.arguments, inner)
        elif token.type.endswith(" block"):
            token.content[:] = _tight(token.content, glue)
        last = found[-1] if found else None
        if token.type == "whitespace":
            if last is None or last.type == "whitespace" or last in glue:
                continue
            token.value = " "
        elif token in glue and last is not None and last.type == "whitespace":
            found.pop()
        found.append(token)
    return found[:-1] if found and found[-1].type == "whitespace" else found


def _text(tokens: Iterable[_Token]) -> str:
    return str(tinycss2.serialize(tokens))


def _error(node: _Token) -> BuildError:
    return BuildError(
        f"the stylesheet is no CSS in line {node.source_line}, column {node.source_column}"
        f": {node.message.rstrip('.')}; mend it there"
    )


def _is_needed(part: _Part, names: set[str]) -> bool:
    if part.head.startswith("--"):
        return words(part.head.partition(":")[0]) <= names
    if keyframes := _KEYFRAMES.match(part.head):
        return words(keyframes[1]) <= names
    if part.head == "@font-face":
        # Families are called the same in any case.
        # https://www.w3.org/TR/css-fonts-4/#font-family-casing
        family = [one.head for one in part.body or () if one.head.startswith("font-family:")]
        return words("".join(family[-1:]).partition(":")[2].lower()) <= set(map(str.lower, names))
    return True


def _needed(parts: Iterable[_Part], names: set[str]) -> Iterator[_Part]:
    """Yield those of *parts*, and what is in them, that are needed when *names* are."""
    for part in parts:
        if _is_needed(part, names):
            body = None if part.body is None else tuple(_needed(part.body, names))
            if body != () or not _VAIN.match(part.head):
                yield replace(part, body=body)


def _values(parts: Iterable[_Part]) -> Iterator[str]:
    """Yield the values of all declarations in *parts*."""
    for part in parts:
        if part.body is None:
            yield part.head.partition(":")[2]
        else:
            yield from _values(part.body)


def _write(parts: Iterable[_Part]) -> str:
    return "".join(
        f"{part.head};"
        if part.body is None
        else f"{part.head}{{{_write(part.body).removesuffix(';')}}}"
        for part in parts
    )
