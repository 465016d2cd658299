"""The templates in site_templates/, drawn by Jinja2. All values that they show are escaped.

A template may be drawn with slots in place of values (`slots.py`). A slot itself refuses all that
Python could do with it. What Jinja2 could do with it is refused here.
"""

from collections.abc import Callable, Mapping
from functools import cached_property, wraps
from pathlib import Path
from typing import Any

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
)
from markupsafe import Markup
from markupsafe import escape as escape_markup

from generator.errors import BuildError
from generator.render.slots import NotSlottable, contains_slot

TEMPLATES = Path(__file__).parents[2] / "site_templates"
STATIC = TEMPLATES / "static"

# Tests and filters that may be used on slots: their answer is the same for any value.
_FOR_ANY_VALUE = {"none", "defined", "undefined", "length", "count"}


class Templates:
    """The templates in *folder*.

    Args:
        folder: names of templates are paths relative to it.
        names: values and functions that all templates may use.
    """

    def __init__(self, folder: Path, names: Mapping[str, object]) -> None:
        self._folder = folder
        self.environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            auto_reload=False,  # no template changes while a site is rendered
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals.update(names)
        tables: tuple[dict[str, Any], ...] = (self.environment.filters, self.environment.tests)
        for table in tables:
            table.update(
                {name: _refuse_slots(table[name]) for name in table.keys() - _FOR_ANY_VALUE}
            )

    def draw(self, name: str, **values: object) -> str:
        """Return the template *name* with *values*.

        Raises:
            BuildError: it cannot be drawn; the text names it, the line, and why.
        """
        try:
            return self.environment.get_template(name).render(**values)
        except Exception as exc:  # a template may do anything that Python can
            raise self._error(name, exc) from exc

    @cached_property
    def is_slottable(self) -> bool:
        """Whether no template in the folder works on text that it has drawn before.

        Text that a macro or a block returns may have a slot in it, which nobody can see any more.
        So it may be shown at once, and nothing else.
        """
        try:
            return all(map(self._shows_captured_text, self.environment.list_templates(["html"])))
        except (TemplateError, OSError, UnicodeError):
            return False

    def _shows_captured_text(self, name: str) -> bool:
        """Return whether the template *name* does nothing with captured text but show it."""
        loader = self.environment.loader
        assert loader is not None  # noqa: S101  (it was given to the constructor)
        tree = self.environment.parse(loader.get_source(self.environment, name)[0])
        if any(tree.find_all((nodes.FilterBlock, nodes.CallBlock, nodes.Concat))):
            return False
        captured = {
            getattr(block.target, "name", None) for block in tree.find_all(nodes.AssignBlock)
        }
        shown = {id(node) for output in tree.find_all(nodes.Output) for node in output.nodes}
        loads = [
            name
            for name in tree.find_all(nodes.Name)
            if name.name in captured and name.ctx == "load"
        ]
        return all(id(node) in shown for node in (*loads, *tree.find_all(nodes.Call)))

    def _error(self, name: str, exc: Exception) -> BuildError:
        """Return what to say of *exc*, which came while *name* was drawn."""
        place = name
        if isinstance(exc, TemplateSyntaxError):
            place = f"{exc.name or name}, line {exc.lineno}"
        else:
            trace = exc.__traceback__
            while trace:  # Jinja2 puts the templates' files and lines into tracebacks
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
    return str(escape_markup(text)).encode()


def as_markup(content: bytes) -> Markup:
    """Return *content*, which a template has drawn, for another template to show unescaped."""
    return Markup(content.decode())  # noqa: S704  (our own templates' output is escaped)


def _refuse_slots(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the filter or test *function*, but for slots and for text with slots in it."""

    @wraps(function)  # with the attributes by which Jinja2 knows what to pass
    def refuse(*arguments: Any, **named: Any) -> Any:
        if contains_slot(arguments) or contains_slot(named):
            raise NotSlottable
        return function(*arguments, **named)

    return refuse
