import re
from pathlib import Path

import pytest
import tinycss2
from bootstrap_wrapper import get_bootstrap_css_dir
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import BuildError
from generator.render.assets import BOOTSTRAP
from generator.render.css import prune, skim, words
from generator.render.templates import STATIC, TEMPLATES

DARK = "@media screen and (prefers-color-scheme:dark)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<table class='btn btn-lg'>", {"table", "class", "btn", "btn-lg"}),
        ("{{ ' d-none d-sm-block' if a.b }}", {"d-none", "d-sm-block", "if", "a", "b"}),
        ("list.classList.add('is_on')", {"list", "classList", "add", "is_on"}),
        ("color: var(--bs-body-bg, 1px)", {"color", "var", "--bs-body-bg", "1px"}),
        ("größe md:flex", {"größe", "md", "flex"}),
        (" \n", set()),
    ],
)
def test_words_are_runs_of_letters_digits_and_hyphens(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("selector", "used", "stays"),
    [
        (".a", "a", True),
        (".a", "b", False),
        (".a", "ab a-b A", False),
        (".a.b", "a", False),
        (".a>.b", "a b", True),
        (".a .b", "b", False),
        ("#a", "a", True),
        ("#a", "b", False),
        ("table", "table", True),
        ("table", "a", False),
        ("TABLE", "table", True),
        ("table.a", "a", False),
        ("*", "", True),
        (":root", "", True),
        ("html>body", "", True),
        ("table>tbody>tr", "table", True),
        ("[type=a]", "", True),
        (".a[type=b]", "b", False),
        ("::before", "", True),
        (".a:hover::before", "a", True),
        (".a:not(.b)", "a", True),
        (".a:nth-child(2n + 1 of .b)", "a", True),
        (".a:is(.b,.c)", "a c", True),
        (".a:is(.b,.c)", "a d", False),
        (":where(.a .b,.c) .d", "a d", False),
        (".a:has(>.b)", "a", False),
        (".a:not(:is(.b))", "a", True),
        (r".md\:a", "md a", True),
        (r".md\:a", "md", False),
        (r".\31 0", "10", True),
    ],
)
def test_a_rule_stays_if_all_names_in_its_selector_are_used(selector, used, stays):
    rule = f"{selector}{{color:red}}"
    assert prune(rule, used.split()) == (rule if stays else "")


def test_selectors_that_cannot_match_are_removed_from_a_list():
    assert prune(".a,.b,.c .a,a:hover{color:red}", {"a"}) == ".a,a:hover{color:red}"


@pytest.mark.parametrize("head", ["media print", "supports (gap:0)", "container (width>9px)"])
def test_an_empty_group_is_removed(head):
    css = f"@{head}{{.a{{color:red}}@{head}{{.b{{color:red}}}}}}"
    assert prune(css, {"a"}) == f"@{head}{{.a{{color:red}}}}"
    assert prune(css, {"b"}) == f"@{head}{{@{head}{{.b{{color:red}}}}}}"
    assert prune(css, {"c"}) == ""


@pytest.mark.parametrize(
    ("declaration", "stays"),
    [
        ("animation:spin 1s linear", True),
        ("animation-name:turn,spin", True),
        ("animation:var(--bs-way)1s;--bs-way:spin", True),
        ("--bs-way:spin", False),
        ("animation:spinning 1s", False),
    ],
)
def test_keyframes_stay_if_an_animation_names_them(declaration, stays):
    frames = "@keyframes spin{from{opacity:0}50%,to{opacity:1}}"
    assert prune(f"{frames}.a{{{declaration};color:red}}", {"a"}).startswith(frames) == stays
    assert prune(f"{frames}.a{{{declaration};color:red}}", {"b"}) == ""


@pytest.mark.parametrize(
    ("declaration", "stays"),
    [
        ('font:1px "My Icons",serif', True),
        ("font-family:my icons", True),
        ("font-family:Icons", False),
    ],
)
def test_a_font_stays_if_a_rule_uses_it(declaration, stays):
    font = '@font-face{font-family:"My Icons";src:url(i.woff2)}'
    rule = f".a{{{declaration}}}"
    assert prune(font + rule, {"a"}) == (font + rule if stays else rule)


@pytest.mark.parametrize(
    ("declarations", "left"),
    [
        pytest.param("--a:1;color:var(--a)", "--a:1;color:var(--a)", id="referred to"),
        pytest.param("--a:1;color:var(--b,var(--a))", "--a:1;color:var(--b,var(--a))", id="within"),
        pytest.param("--a:1;color:red", "color:red", id="not referred to"),
        pytest.param("--a:1;color:var(--ab)", "color:var(--ab)", id="a longer name"),
        pytest.param("--a:1;color:var(--A)", "color:var(--A)", id="another case"),
        pytest.param("--a:var(--b);--b:var(--c);--c:1;color:red", "color:red", id="in a row"),
        pytest.param("--a:var(--b);--b:var(--a);color:red", "color:red", id="in a circle"),
        pytest.param("--a: ;color:var(--a)", "--a: ;color:var(--a)", id="empty"),
    ],
)
def test_a_custom_property_stays_if_a_remaining_rule_refers_to_it(declarations, left):
    rule = f".a{{{declarations}}}.b{{color:var(--c)var(--b)}}"
    assert prune(rule, {"a"}) == f".a{{{left}}}"


def test_a_rule_with_only_unused_custom_properties_is_removed():
    assert prune(":root{--a:1}@media print{:root{--a:2}}", set()) == ""


def test_names_in_another_stylesheet_are_used():
    css = ":root{--a:var(--b);--b:1;--c:2}@keyframes spin{to{opacity:0}}"
    site = words(".x { background: var(--a); animation: spin 1s }")
    assert prune(css, site) == ":root{--a:var(--b);--b:1}@keyframes spin{to{opacity:0}}"


@pytest.mark.parametrize(
    ("selectors", "left"),
    [
        ("[data-bs-theme=dark]", f"{DARK}{{:root{{top:0}}}}"),
        ('[data-bs-theme="dark"]', f"{DARK}{{:root{{top:0}}}}"),
        ("[data-bs-theme=dark] .a", f"{DARK}{{:root .a{{top:0}}}}"),
        ("[data-bs-theme=dark] .b", ""),
        ("[data-bs-theme=dark]>.a,.a", f".a{{top:0}}{DARK}{{:root>.a{{top:0}}}}"),
        (":root,[data-bs-theme=light]", ":root{top:0}"),
        ("[data-bs-theme=light]", ""),
        ("[data-bs-theme=light] .a", ""),
        (".a[data-bs-theme=dark]", ".a[data-bs-theme=dark]{top:0}"),
        ("[data-bs-theme=dark].a", "[data-bs-theme=dark].a{top:0}"),
    ],
)
def test_dark_colours_follow_the_visitors_system_on_screens(selectors, left):
    assert prune(f"{selectors}{{top:0}}", {"a"}) == left


@pytest.mark.parametrize(
    ("css", "left"),
    [
        ('@charset "UTF-8";/*! MIT */ a { color : red ; } /* end */', "a{color:red}"),
        ("a > a ,\n a\n+\ta  a { top : 0 ! important }", "a>a,a+a a{top:0!important}"),
        ("a:is( a , a > a ){top:0}", "a:is(a,a>a){top:0}"),
        ("a:nth-child( 2n + 1 ){top:0}", "a:nth-child(2n + 1){top:0}"),
        (
            "@media ( min-width: 9px ) and (hover) {a{top:0}}",
            "@media (min-width:9px) and (hover){a{top:0}}",
        ),
        (
            "a{color:rgba(0, 0 , 0, .5);margin:calc(1px + 2px) -1px}",
            "a{color:rgba(0,0,0,.5);margin:calc(1px + 2px) -1px}",
        ),
        ("a{content:'a ,  b'}", 'a{content:"a ,  b"}'),
        ("a{margin:0/**/1px}", "a{margin:0/**/1px}"),
        ("@import url(x.css) print ;a{}", "@import url(x.css) print;"),
        ("a{top:0;a:hover{top:1px}left:0}", "a{top:0;a:hover{top:1px}left:0}"),
    ],
)
def test_only_meaningless_blanks_and_comments_are_removed(css, left):
    assert prune(css, {"a"}) == left


@pytest.mark.parametrize(
    ("css", "where"),
    [
        ("a{color:red}}", "line 1, column 13"),
        ("a{color:red}\n.b{colour}", "line 2, column 4"),
        (".b{*zoom:1}", "line 1, column 10"),
        ("@media print{\n  .b{top:)}}", r"line 2, column 10: Unmatched \)"),
        (".b{content:'x\n'}", "line 1, column 12: Bad string token"),
        (".b]{top:0}", r"line 1, column 3: Unmatched \]"),
    ],
)
def test_invalid_css_is_an_error_with_its_position(css, where):
    with pytest.raises(BuildError, match=f"the stylesheet is not CSS in {where}"):
        prune(css, {"a", "b"})


NAME = st.sampled_from("abcd")
SIMPLE = st.builds(str.__add__, st.sampled_from([".", "#", "", ".x.", ":not(.y)."]), NAME)
SELECTOR = st.builds(
    "".join, st.tuples(SIMPLE, st.sampled_from([" ", ">", " ~ ", ":hover "]), SIMPLE)
) | st.sampled_from([":root", "[data-bs-theme=dark]", "[data-bs-theme=dark] .a"])
DECLARATION = st.builds(
    str.format,
    st.sampled_from(["--{}:var(--{})", "color:var(--{}, {})", "animation:{} 1s", "--{}: "]),
    NAME,
    NAME,
)
RULE = st.builds(
    "{}{{{}}}".format,
    st.lists(SELECTOR, min_size=1, max_size=3).map(" , ".join),
    st.lists(DECLARATION, max_size=4).map("; ".join),
)
FRAMES = st.builds("@keyframes {}{{to{{color:var(--{})}}}}".format, NAME, NAME)
SHEET = st.recursive(
    st.lists(RULE | FRAMES, max_size=5).map("\n".join),
    lambda inner: st.tuples(inner, inner).map("{0[0]}@media print {{ {0[1]} }}".format),
    max_leaves=4,
)
USED = st.sets(st.sampled_from([*"abcdxy", "--a", "--b"]))


def rules(nodes, around=()):
    """Return every rule that has declarations: what is around it, its selectors, and these."""
    found = []
    for node in nodes:
        if node.type == "at-rule" and node.lower_at_keyword == "media":
            inner = tinycss2.parse_blocks_contents(node.content, skip_whitespace=True)
            found += rules(inner, (*around, blankless(node.prelude)))
        elif node.type == "qualified-rule":
            inner = tinycss2.parse_blocks_contents(node.content, skip_whitespace=True)
            declared = [(one.name, blankless(one.value), one.important) for one in inner]
            found.append((around, blankless(node.prelude).split(","), declared))
    return found


def blankless(tokens):
    return re.sub(r"\s+", "", tinycss2.serialize(tokens))


def rules_of(css):
    return rules(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True))


@given(SHEET, USED)
def test_pruning_twice_is_pruning_once(css, used):
    once = prune(css, used)
    assert prune(once, used) == once


@given(SHEET, USED)
def test_every_class_in_the_output_is_used(css, used):
    output = re.sub(r":not\(.*?\)", "", prune(css, used))
    assert set(re.findall(r"[.#]([a-z]+)", output)) <= used


@given(SHEET, USED)
def test_the_order_of_rules_stays(css, used):
    original = iter(rules_of(css.replace("[data-bs-theme=dark]", ":root")))
    before = next(original, None)
    for around, selectors, declared in rules_of(prune(css, used)):
        around = tuple(media for media in around if "dark" not in media)
        while not fits(around, selectors, declared, before):
            before = next(original)  # raises an error if it never comes


def fits(around, selectors, declared, original):
    return (
        around == original[0]
        and set(selectors) <= set(original[1])
        and all(one in original[2] for one in declared)
    )


@given(SHEET)
def test_nothing_is_removed_if_everything_is_used(css):
    everything = {*"abcdxy", "--a", "--b", "--c", "--d"}
    css = css.replace("[data-bs-theme=dark]", "[data-bs-theme=blue]")
    wanted = [rule for rule in rules_of(css) if rule[2]]
    assert rules_of(prune(css, everything)) == wanted


@given(SHEET, USED)
def test_the_order_of_the_words_does_not_matter(css, used):
    assert prune(css, sorted(used)) == prune(css, sorted(used, reverse=True))


@pytest.fixture(scope="module")
def bootstrap():
    return (Path(get_bootstrap_css_dir()) / BOOTSTRAP).read_text()


def test_the_site_uses_a_small_part_of_bootstrap(bootstrap):
    sources = [*STATIC.parent.glob("*.html"), *STATIC.glob("*.js")]
    output = prune(bootstrap, set().union(*(words(source.read_text()) for source in sources)))
    assert len(output) < 40_000
    assert ".btn{" in output
    assert ".carousel" not in output
    assert "data-bs-theme" not in output


def test_all_of_bootstrap_stays_if_all_is_used(bootstrap):
    def unthemed(css):
        themed = (":root", "[data-bs-theme=")
        return [rule for rule in rules_of(css) if not rule[1][0].startswith(themed)]

    assert unthemed(prune(bootstrap, words(bootstrap))) == unthemed(bootstrap)


def test_skimming_removes_only_rules_that_pruning_removes(monkeypatch):
    sheet = (Path(get_bootstrap_css_dir()) / BOOTSTRAP).read_text("utf-8")
    used = set().union(*(words(path.read_text("utf-8")) for path in TEMPLATES.glob("*.html")))
    assert len(skim(sheet, used).replace(" ", "")) < len(sheet) / 3
    skimmed = prune(sheet, used)
    monkeypatch.setattr("generator.render.css.skim", lambda stylesheet, used: stylesheet)
    assert prune(sheet, used) == skimmed


@pytest.mark.parametrize(
    "sheet",
    [
        '.a{content:"}.b{"}.b{color:red}',
        "/* .a{ */.b{color:red}",
        "@media print{.a{color:red}.b{color:red}}",
        "@layer x;.a{color:red}",
        ".a{color:red;.b{color:blue}}",
        ".a\n{color:red}",
    ],
)
def test_skimming_leaves_unusual_rules_to_the_parser(sheet, monkeypatch):
    skimmed = prune(sheet, {"b"})
    monkeypatch.setattr("generator.render.css.skim", lambda stylesheet, used: stylesheet)
    assert prune(sheet, {"b"}) == skimmed
