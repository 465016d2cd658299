"""The templates in site_templates/, drawn by Jinja2: whatever is shown in them is escaped.

`compile_slots` draws one with slots (`slots.py`) in place of values. For what comes out to be
true of any values, a template must do nothing with a slot but show it. A slot refuses all that
Python could do with it; what Jinja2 could do is refused here: filters and tests on slots, and
every use but showing it of text that has already been drawn (blocks that are set, what macros
return), in which a slot could no longer be told from other text.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import (
    BytecodeCache,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
)
from jinja2.bccache import Bucket
from markupsafe import Markup
from markupsafe import escape as escaped

from generator.errors import BuildError
from generator.render.slots import NotSlottable, Slot

# Tests of a slot that have the same answer for any value.
_ASKED = ("none", "defined", "undefined")
# Filters that count a list, whatever is in it; how deep the arguments of others are searched.
_COUNT = ("length", "count")
_DEPTH = 3


class Templates:
    """The templates in *folder*, with names that all of them know.

    Args:
        folder: theirs; names of templates are relative to it.
        names: values and functions.
    """

    def __init__(self, folder: Path, names: Mapping[str, object]) -> None:
        self._folder = folder
        compiled = _Compiled()
        self._whole = _environment(folder, names, compiled)
        self._slotted = _environment(folder, names, compiled)
        kinds: tuple[dict[str, Any], ...] = (self._slotted.filters, self._slotted.tests)
        for kind in kinds:
            kind.update({name: _without_slots(name, do) for name, do in kind.items()})
        self._is_slottable: dict[str, bool] = {}

    def draw(self, name: str, **values: object) -> str:
        """Return the template *name* with *values*.

        Raises:
            BuildError: it cannot be drawn; the text names it, the line, and why.
        """
        try:
            return self._whole.get_template(name).render(**values)
        except Exception as exc:  # whatever a template does to Python
            raise self._error(name, exc) from exc

    def compile_slots(self, name: str, **values: object) -> str:
        """Return the template *name* with *values*, some of which are slots.

        Raises:
            NotSlottable: it does more with a slot than show it, or might.
        """
        if name not in self._is_slottable:
            self._is_slottable[name] = self._only_shows(name)
        if not self._is_slottable[name]:
            raise NotSlottable
        try:
            return self._slotted.get_template(name).render(**values)
        except Exception as exc:
            # If the template itself is at fault, drawing it whole will tell.
            raise NotSlottable from exc

    def _only_shows(self, name: str) -> bool:
        """Return whether nothing is done with drawn text, in *name* and all that belongs to it."""
        try:
            trees = [*self._trees(name, set())]
        except (TemplateError, OSError, UnicodeError):
            return False
        drawn = {
            block.target.name
            for tree in trees
            for block in tree.find_all(nodes.AssignBlock)
            if isinstance(block.target, nodes.Name)
        }
        return all(_is_plain(tree, drawn) for tree in trees)

    def _trees(self, name: str, seen: set[str]) -> Iterator[nodes.Template]:
        """Yield the template *name*, and those that it extends, includes or imports, parsed."""
        if name in seen:
            return
        seen.add(name)
        loader = self._whole.loader
        if loader is None:
            return
        tree = self._whole.parse(loader.get_source(self._whole, name)[0])
        yield tree
        for node in tree.find_all(nodes.Stmt):
            if isinstance(node, (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
                if not isinstance(node.template, nodes.Const):
                    raise TemplateSyntaxError("which template is not plain", node.lineno)
                yield from self._trees(node.template.value, seen)

    def _error(self, name: str, exc: Exception) -> BuildError:
        """Return what to say of *exc*, which came while *name* was drawn."""
        place = name
        if isinstance(exc, TemplateSyntaxError):
            place = f"{exc.name or name}, line {exc.lineno}"
        else:
            trace = exc.__traceback__
            while trace:  # Jinja2 has put the templates' lines into it
                file = Path(trace.tb_frame.f_code.co_filename)
                if file.is_relative_to(self._folder):
                    place = f"{file.relative_to(self._folder)}, line {trace.tb_lineno}"
                trace = trace.tb_next
        if isinstance(exc, TemplateNotFound):
            why = f"there is no {exc.name}"
        elif isinstance(exc, TemplateError):
            why = str(exc)
        else:
            why = f"{type(exc).__name__}: {exc}"
        return BuildError(f"the template {place} in {self._folder} cannot be drawn: {why}")


def escape(text: str) -> bytes:
    """Return *text* as templates show it."""
    return str(escaped(text)).encode()


def drawn(content: bytes) -> Markup:
    """Return *content*, which a template has drawn, for another to show as it is."""
    return Markup(content.decode())  # noqa: S704  (our own templates' output is escaped)


class _Compiled(BytecodeCache):
    """Templates that one of two environments has compiled, for the other."""

    def __init__(self) -> None:
        self._found: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._found:
            bucket.bytecode_from_string(self._found[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._found[bucket.key] = bucket.bytecode_to_string()


def _environment(folder: Path, names: Mapping[str, object], compiled: BytecodeCache) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        auto_reload=False,  # no template changes while a site is rendered
        bytecode_cache=compiled,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(names)
    return environment


def _without_slots(name: str, do: Callable[..., Any]) -> Callable[..., Any]:
    """Return the filter or test *do*, which refuses slots, and text with slots in it."""

    def refuse(*arguments: Any, **named: Any) -> Any:
        depth = 0 if name in _COUNT else _DEPTH
        if name not in _ASKED and any(
            _has_slot(one, depth) for one in (*arguments, *named.values())
        ):
            raise NotSlottable
        return do(*arguments, **named)

    # Jinja2 marks functions that want its context as their first argument.
    refuse.__dict__.update(getattr(do, "__dict__", {}))
    return refuse


def _has_slot(value: object, depth: int) -> bool:
    if isinstance(value, (Slot, str)):
        return isinstance(value, Slot) or Slot.is_in(value)
    if depth and isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return any(_has_slot(one, depth - 1) for one in value)
    return False


def _is_plain(tree: nodes.Template, drawn: Iterable[str]) -> bool:
    """Return whether *tree* only shows what has been *drawn* under these names, or by macros."""
    if any(
        isinstance(one, (nodes.FilterBlock, nodes.CallBlock)) for one in tree.find_all(nodes.Stmt)
    ):
        return False
    if any(not isinstance(one.target, nodes.Name) for one in tree.find_all(nodes.AssignBlock)):
        return False
    shown = {id(child) for output in tree.find_all(nodes.Output) for child in output.nodes}
    for name in tree.find_all(nodes.Name):
        if name.name in drawn and name.ctx == "load" and id(name) not in shown:
            return False
    return all(
        id(call) in shown or isinstance(call.node, nodes.Getattr)
        for call in tree.find_all(nodes.Call)
    )
