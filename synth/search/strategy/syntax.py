"""A query in PubMed's language, read into levels of operands and operators; every defect of its form has a place.

PubMed refuses almost nothing and explains little, so that a slip becomes another question. This reading is stricter.
The rules are those of the PubMed User Guide (NLM): operators in capitals, strictly left to right, a tag behind a term.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["OPERATORS", "Finding", "Level", "Operand", "Token", "parse", "squeeze", "tokenize"]

OPERATORS = {"AND": "AND", "OR": "OR", "NOT": "NOT", "&": "AND", "|": "OR"}
"""How each operator may be written (the guide takes ``&`` and ``|`` too), and what it is."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<phrase>"[^"]*"?)
      | (?P<tag>\[[^\[\]()"]*\]?)
      | (?P<stray>\])
      | (?P<paren>[()])
      | (?P<reference>\#[\w-]+)
      | (?P<word>[^\s"\[\]()]+)""",
    re.VERBOSE,
)
_DEEPEST = 200
_WORDS = frozenset({"AND", "OR", "NOT"})
_SAID = {
    "open": ("unbalanced-bracket", "there is a ( without its ).", "Add the ) where the group ends."),
    "close": ("unbalanced-bracket", "there is a ) without its (.", "Remove it, or add the ( it belongs to."),
    "square": ("unbalanced-bracket", "there is a [ without its ].", "Close the tag: [tiab]"),
    "stray": ("unbalanced-bracket", "there is a ] without its [.", "Write the tag as [tiab], or remove the bracket."),
    "nothing": ("empty-bracket", "there is nothing between ( and ).", "Remove the brackets, or fill them."),
    "deep": ("too-deep", "brackets are nested more than {deepest} deep.", "Use numbered lines instead."),
    "quote": (
        "unbalanced-quote",
        "a quotation mark is opened and not closed.",
        'Put one at the end of the phrase: "spinal fracture"[tiab]',
    ),
    "empty": ("empty-phrase", "there is nothing between two quotation marks.", "Remove them, or fill them."),
    "after": ("operator-without-term", "nothing follows {text}.", "Add the term, or remove the operator."),
    "before": ("operator-without-term", "nothing stands before {text}.", "Add the term, or remove the operator."),
    "range": ("operator-without-term", "nothing follows the colon of a range.", "Write both ends: 2000:2020[dp]"),
    "two": (
        "two-operators",
        "{before} {text}: two operators stand side by side.",
        "Keep one of them (NOT alone means AND NOT).",
    ),
    "lower": (
        "lower-case-operator",
        "{text} is an operator only in capitals; PubMed takes it for a word.",
        "Write {means}, or put the phrase into quotation marks.",
    ),
    "sign": ("sign-as-operator", "PubMed reads {text} as {means}.", "Write {means}: a reader need not know that."),
    "tagged": (
        "tag-after-bracket",
        "{text} stands behind a bracket, where PubMed does not allow it.",
        "Put {text} behind each term inside the brackets.",
    ),
    "bare": ("tag-without-term", "no term stands before {text}.", "Write the term first: fracture{text}"),
    "tags": ("two-tags", "{before}{text}: a term takes one tag.", "Write the term once for each tag, joined by OR."),
}


@dataclass(frozen=True)
class Token:
    """A piece of a query and where it stands.

    Attributes
    ----------
    kind : {"phrase", "tag", "stray", "paren", "reference", "word", "operator"}
        What it is; ``stray`` is a closing square bracket without its opening one.
    text : str
        As written, with quotation marks or brackets.
    start, end : int
        Place in the text, in characters.
    """

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Operand:
    """A term: a word or several, a phrase, a range or a reference, with its tag.

    Attributes
    ----------
    tokens : tuple of Token
        What stands before the tag.
    tag : Token or None
        The tag.
    """

    tokens: tuple[Token, ...]
    tag: Token | None = None

    @property
    def text(self) -> str:
        """The term as written, without its tag, with single blanks."""
        return " ".join(token.text for token in self.tokens)

    @property
    def field(self) -> str:
        """The tag in lower case without brackets; "" where there is none."""
        return " ".join(self.tag.text.strip("[]").lower().split()) if self.tag else ""

    @property
    def quoted(self) -> bool:
        """Whether it is one phrase in quotation marks."""
        return len(self.tokens) == 1 and self.tokens[0].kind == "phrase"

    @property
    def reference(self) -> str | None:
        """The id that it refers to, or None."""
        return self.tokens[0].text[1:] if len(self.tokens) == 1 and self.tokens[0].kind == "reference" else None

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Where it ends, its tag included."""
        return (self.tag or self.tokens[-1]).end


@dataclass(frozen=True)
class Level:
    """What stands between two brackets, or the whole.

    Attributes
    ----------
    items : tuple of Operand or Level
        In their order.
    joins : tuple of (Token or None)
        What joins each item to the one after it; None where nothing is written, which PubMed reads as AND.
    start, end : int
        Place in the text, brackets included.
    """

    items: tuple[Operand | Level, ...]
    joins: tuple[Token | None, ...]
    start: int
    end: int

    def operators(self) -> tuple[str, ...]:
        """Name each operator as AND, OR or NOT; one that is not written is AND."""
        return tuple("AND" if join is None else OPERATORS[join.text.upper()] for join in self.joins)

    def operands(self) -> Iterator[Operand]:
        """Give every term, from left to right, through all brackets."""
        for item in self.items:
            if isinstance(item, Operand):
                yield item
            else:
                yield from item.operands()

    def levels(self) -> Iterator[Level]:
        """Give this level and every one inside it."""
        yield self
        for item in self.items:
            if isinstance(item, Level):
                yield from item.levels()


@dataclass(frozen=True)
class Finding:
    """A defect of a query.

    Attributes
    ----------
    code : str
        The rule, for programs: ``unbalanced-bracket``.
    severity : {"error", "warning", "note"}
        An error stops a search; a warning is shown; a note is advice.
    start, end : int
        Place in the text.
    message, remedy : str
        What is wrong, and what to write.
    """

    code: str
    severity: str
    start: int
    end: int
    message: str
    remedy: str


def squeeze(text: str) -> str:
    r"""Put a text that was written over several lines onto one, with single blanks.

    Examples
    --------
    >>> squeeze("a[ti]\n  OR   b[ti] ")
    'a[ti] OR b[ti]'
    """
    return " ".join(text.split())


def tokenize(text: str) -> list[Token]:
    """Cut a query into its pieces; blanks are left out.

    Examples
    --------
    >>> [token.kind for token in tokenize('#1 AND "spinal fracture"[tiab]')]
    ['reference', 'operator', 'phrase', 'tag']
    """
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "word" and match.group() in OPERATORS:
            kind = "operator"
        if kind != "space":
            found.append(Token(kind, match.group(), match.start(), match.end()))
    return found


def parse(text: str) -> tuple[Level, list[Finding]]:
    """Read a query.

    Returns
    -------
    Level
        The whole, as far as it can be made out.
    list of Finding
        Every defect of its form: all of them errors but for ``&``, ``|`` and an AND that is not written.

    Examples
    --------
    >>> whole, wrong = parse("(bamboo[tiab] OR dish[tiab]) AND spine[ti]")
    >>> whole.operators(), [term.text for term in whole.operands()], wrong
    (('AND',), ['bamboo', 'dish', 'spine'], [])
    >>> [finding.code for finding in parse("(a[ti] OR b[ti]")[1]]
    ['unbalanced-bracket']
    """
    reader = _Reader(text)
    return reader.level(0, None), reader.findings


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.findings: list[Finding] = []
        found = tokenize(text)
        self.tokens = [self.meant(token, found[max(at - 1, 0) : at], found[at + 1 : at + 2])
                       for at, token in enumerate(found)]  # fmt: skip

    def meant(self, token: Token, before: list[Token], after: list[Token]) -> Token:
        """Read ``and`` between two terms as the operator that was meant, once it is said that PubMed does not."""
        if token.kind != "word" or token.text.upper() not in _WORDS or token.text in OPERATORS:
            return token
        if before and before[0].kind == "word" and after and after[0].kind in ("word", "tag"):
            return token  # inside a term: it may be a word
        self.wrong("lower", token)
        return Token("operator", token.text, token.start, token.end)

    def wrong(self, key: str, token: Token, before: str = "") -> None:
        code, message, remedy = _SAID[key]
        means = OPERATORS.get(token.text.upper(), "")
        values = {"text": token.text, "before": before, "means": means, "deepest": _DEEPEST}
        severity = "warning" if code == "sign-as-operator" else "error"
        self.findings.append(
            Finding(code, severity, token.start, token.end, message.format(**values), remedy.format(**values))
        )

    def level(self, depth: int, opening: Token | None) -> Level:
        items: list[Operand | Level] = []
        joins: list[Token | None] = []
        waiting: Token | None = None  # an operator that still wants its right side
        closing: Token | None = None
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind == "paren" and token.text == ")":
                if opening is not None:
                    closing = token
                    self.at += 1
                    break
                self.wrong("close", token)
                self.at += 1
                continue
            if token.kind == "operator":
                waiting = self.operator(token, waiting, bool(items))
                continue
            item = self.item(depth)
            if item is None:
                continue
            if items:
                joins.append(waiting)
            items.append(item)
            waiting = None
        if waiting is not None and items:
            self.wrong("after", waiting)
        if opening is not None:
            self.closed(opening, closing, bool(items))
        start = opening.start if opening else 0
        return Level(tuple(items), tuple(joins), start, closing.end if closing else len(self.text))

    def operator(self, token: Token, waiting: Token | None, any_before: bool) -> Token:
        self.at += 1
        if waiting is not None:
            self.wrong("two", token, before=waiting.text)
        elif not any_before:
            self.wrong("before", token)
        if token.text in "&|":
            self.wrong("sign", token)
        return token

    def closed(self, opening: Token, closing: Token | None, any_inside: bool) -> None:
        if closing is None:
            self.wrong("open", opening)
        elif not any_inside:
            self.wrong("nothing", opening)
        if closing is not None and self.at < len(self.tokens) and self.tokens[self.at].kind == "tag":
            tag = self.tokens[self.at]
            self.at += 1
            self.wrong("tagged", tag)

    def item(self, depth: int) -> Operand | Level | None:
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "paren":
            if depth >= _DEEPEST:
                self.wrong("deep", token)
                self.at = len(self.tokens)
                return None
            return self.level(depth + 1, token)
        if token.kind == "stray":
            self.wrong("stray", token)
            return None
        if token.kind == "tag":
            self.tag(token)
            self.wrong("bare", token)
            return None
        if token.kind == "phrase":
            self.phrase(token)
        tokens = [token]
        if token.kind == "word":
            while self.ahead("word"):
                tokens.append(self.tokens[self.at])
                self.at += 1
        operand = Operand(tuple(tokens), self.trailing_tag())
        if self.ahead("word") and self.tokens[self.at].text == ":" and operand.tag is not None:
            return self.far_end(operand)  # "2000"[dp] : "2020"[dp], as PubMed's own page writes a range
        return operand

    def far_end(self, operand: Operand) -> Operand:
        colon = self.tokens[self.at]
        self.at += 1
        if not (self.ahead("word") or self.ahead("phrase")):
            self.wrong("range", colon)
            return operand
        last = self.tokens[self.at]
        self.at += 1
        return Operand((*operand.tokens, colon, last), self.trailing_tag() or operand.tag)

    def trailing_tag(self) -> Token | None:
        if not self.ahead("tag"):
            return None
        tag = self.tokens[self.at]
        self.at += 1
        self.tag(tag)
        while self.ahead("tag"):
            extra = self.tokens[self.at]
            self.at += 1
            self.wrong("tags", extra, before=tag.text)
        return tag

    def tag(self, token: Token) -> None:
        if not token.text.endswith("]"):
            self.wrong("square", token)

    def phrase(self, token: Token) -> None:
        if len(token.text) < 2 or not token.text.endswith('"'):
            self.wrong("quote", token)
        elif not token.text.strip('" \t\n'):
            self.wrong("empty", token)

    def ahead(self, kind: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at].kind == kind
