"""Find the oldest Python whose grammar has all that a piece of code uses. The code is never run.

Python's own parser refuses most of what is newer than a `feature_version`. The rest is looked for here, as measured
with the compilers of Python 3.6 to 3.13.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
import warnings
from collections.abc import Iterator
from itertools import pairwise

OLDEST_MINOR = 7
"""The grammar of Python 3.7 is that of 3.6, but for `async` as a name."""
ANY = (3, 0)
BLANKS = b" \t\f\\\r\n"
TOO_STRICT = "Parenthesized context managers"
"""The parser's words, for `with (a):` too, which is as old as `with`."""
MANAGERS = 9
OPENING, CLOSING = ("(", "[", "{"), (")", "]", "}")


def oldest_python(code: str) -> tuple[int, int]:
    """Return the oldest Python that can compile the code, of those that airproof judges; `ANY` for each of them, and
    for code that this Python cannot parse.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for minor in range(OLDEST_MINOR, sys.version_info.minor + 1):
            tree = _parsed(code, minor)
            if tree is not None:
                newest = max([minor, *_not_seen_by_the_parser(tree, code)])
                return (3, newest) if newest > OLDEST_MINOR else ANY
    return ANY


def _parsed(code: str, minor: int) -> ast.AST | None:
    """Return the code as an older Python parses it, as far as the parser knows; None if it does not parse."""
    try:
        return ast.parse(code, feature_version=(3, minor))
    except SyntaxError as error:
        if minor >= MANAGERS or not str(error).startswith(TOO_STRICT):
            return None
        return _parsed(code, MANAGERS)
    except (ValueError, RecursionError, MemoryError):
        return None


def _not_seen_by_the_parser(tree: ast.AST, code: str) -> Iterator[int]:
    """Yield, for each use of newer grammar that `feature_version` lets pass, the minor version that brought it."""
    lines = code.encode("utf-8", "replace").splitlines(keepends=True)  # the parser counts columns in bytes
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            yield from _of_expression(node, lines)
        else:
            yield from _of_statement(node, lines)
    tokens = _tokens(code)
    if any(_has_parentheses(tokens, at) for at, token in enumerate(tokens) if token.string == "with"):
        yield 9
    for string in _strings_with_fields(tokens):
        if _is_newer(string):
            yield 12
        if any(_shows_itself(token, after) for token, after in pairwise(string)):
            yield 8


def _of_statement(node: ast.AST, lines: list[bytes]) -> Iterator[int]:
    match node:
        case ast.Return(value=ast.Tuple() as value) if _has_star(value) and _is_bare(value, lines):
            yield 8
        case ast.AnnAssign(value=ast.Tuple() as value) if _is_bare(value, lines):
            yield 8
        case ast.For(iter=ast.Tuple() as value) | ast.AsyncFor(iter=ast.Tuple() as value):
            if _has_star(value) and _is_bare(value, lines):
                yield 9
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            if not all(map(_is_dotted_call, node.decorator_list)):
                yield 9
        case ast.arguments():
            if node.posonlyargs:
                yield 8
            if node.vararg and isinstance(node.vararg.annotation, ast.Starred):
                yield 11
        case ast.Try(finalbody=final) if any(map(_continues, final)):
            yield 8


def _of_expression(node: ast.expr, lines: list[bytes]) -> Iterator[int]:
    match node:
        case ast.Yield(value=ast.Tuple() as value) if _has_star(value) and _is_bare(value, lines):
            yield 8
        case ast.NamedExpr():
            yield 8
        case ast.Set(elts=elements) if any(_is_bare_walrus(element, lines) for element in elements):
            yield 9
        case ast.Subscript(slice=index):
            inside = index.elts if isinstance(index, ast.Tuple) and _is_bare(index, lines) else [index]
            if any(_is_bare_walrus(element, lines) for element in inside):
                yield 10
            if any(isinstance(element, ast.Starred) for element in inside):
                yield 11
        case ast.ListComp() | ast.SetComp() | ast.DictComp() if any(map(_is_async, _within(node))):
            yield 11


def _tokens(code: str) -> list[tokenize.TokenInfo]:
    """Return the tokens without line ends that only the layout needs; none if they cannot be told."""
    try:
        return list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return []


def _has_parentheses(tokens: list[tokenize.TokenInfo], at: int) -> bool:
    """Say whether the context managers of a `with` stand in parentheses that are no expression's.

    Before Python 3.9 such managers without names were a tuple, which has no `__enter__`: it compiled and never ran.
    """
    depth, several = 0, False
    for number in range(at + 1, len(tokens)):
        word = tokens[number].string
        if not depth and word != "(":
            return False
        depth += (word in OPENING) - (word in CLOSING)
        several = several or (depth == 1 and word in (",", "as"))
        if not depth:
            return several and tokens[number + 1].string == ":"
    return False


def _shows_itself(token: tokenize.TokenInfo, after: tokenize.TokenInfo) -> bool:
    """Say whether a field ends with `=`, which prints the expression as well."""
    return token.string == "=" and tokenize.tok_name[token.type] == "OP" and after.string in ("}", "!", ":")


def _has_star(value: ast.Tuple) -> bool:
    return any(isinstance(element, ast.Starred) for element in value.elts)


def _is_bare(value: ast.Tuple, lines: list[bytes]) -> bool:
    """Say whether a tuple has no parentheses of its own: then it begins where its first element does."""
    if not value.elts:
        return False
    first = value.elts[0]
    starts = (value.lineno, value.col_offset) == (first.lineno, first.col_offset)
    return starts or lines[value.lineno - 1][value.col_offset : value.col_offset + 1] != b"("


def _is_bare_walrus(value: ast.AST, lines: list[bytes]) -> bool:
    """Say whether an assignment expression has no parentheses around it."""
    if not isinstance(value, ast.NamedExpr):
        return False
    before = b"".join(lines[: value.lineno - 1]) + lines[value.lineno - 1][: value.col_offset]
    return not before.rstrip(BLANKS).endswith(b"(")


def _is_dotted_call(decorator: ast.expr) -> bool:
    """Say whether it is a dotted name, or one call of such a name."""
    name = decorator.func if isinstance(decorator, ast.Call) else decorator
    while isinstance(name, ast.Attribute):
        name = name.value
    return isinstance(name, ast.Name)


def _within(node: ast.ListComp | ast.SetComp | ast.DictComp) -> Iterator[ast.AST]:
    """Yield what a comprehension holds, but for what is first gone through: that belongs to the code around it."""
    inner = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    for number, generator in enumerate(node.generators):
        inner += [*([generator.iter] if number else []), *generator.ifs]
    for part in inner:
        yield from ast.walk(part)


def _is_async(node: ast.AST) -> bool:
    held = isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp))
    return held and any(generator.is_async for generator in getattr(node, "generators", ()))


def _continues(statement: ast.AST) -> bool:
    """Say whether a `continue` in it belongs to a loop around it."""
    if isinstance(statement, ast.Continue):
        return True
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        return False
    if isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
        return any(map(_continues, statement.orelse))
    return any(map(_continues, ast.iter_child_nodes(statement)))


def _strings_with_fields(tokens: list[tokenize.TokenInfo]) -> Iterator[list[tokenize.TokenInfo]]:
    """Yield the tokens of each formatted string literal that lies in no other; before Python 3.12 it has one."""
    depth = 0
    held: list[tokenize.TokenInfo] = []
    for token in tokens:
        name = tokenize.tok_name[token.type]
        depth += name == "FSTRING_START"
        if depth:
            held.append(token)
        depth -= name == "FSTRING_END"
        if held and not depth:
            yield held
            held = []


def _is_newer(tokens: list[tokenize.TokenInfo]) -> bool:
    """Say whether a formatted string literal is one only since Python 3.12.

    Before, it had to be an ordinary string literal first, which its own quotes and, with single ones, a line's end
    close; and no field could hold a backslash or a comment.
    """
    quotes = tokens[0].string.lstrip("fFrRbBuU")
    depth = 0
    for token in tokens:
        name = tokenize.tok_name[token.type]
        depth += (name == "FSTRING_START") - (name == "FSTRING_END")
        if depth == 1 and name in ("FSTRING_START", "FSTRING_MIDDLE"):
            continue  # the literal's own text
        if depth == 0:
            continue
        if "\\" in token.string or quotes in token.string or name == "COMMENT":
            return True
        if len(quotes) == 1 and name in ("NL", "NEWLINE"):
            return True
    return False
