"""Words in other people's cells and headings: yes and no in common languages, units of time, names of a death.

A word that is in none of these tables is never taken for one: it is a problem, and is told.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

YES = frozenset({
    *("1", "1.0", "yes", "y", "true", "ja", "j", "oui", "vrai", "si", "sí", "sì", "sim", "kyllä", "tak", "ano", "da"),
    *("да", "igen", "evet", "jah", "ναι", "是", "有", "はい", "예", "✓", "✔"),
})  # fmt: skip
NO = frozenset({
    *("0", "0.0", "no", "n", "false", "nein", "non", "faux", "não", "nao", "nee", "nej", "nei", "ei", "nie", "ne"),
    *("нет", "nem", "hayır", "hayir", "όχι", "否", "无", "無", "いいえ", "아니오"),
})  # fmt: skip
LOST = frozenset({
    *("lost", "ltfu", "lost to follow up", "lost to fu", "loss to follow up", "dropout", "drop out", "withdrawn"),
    *("verloren", "perdu de vue", "perdido", "persi", "perso al follow up", "förlorad", "kadonnut", "kateissa"),
})  # fmt: skip
DEAD = frozenset({
    *("dead", "died", "deceased", "exitus", "death", "tot", "gestorben", "verstorben", "mort", "décédé", "decede"),
    *("muerto", "fallecido", "morto", "deceduto", "overleden", "död", "avliden", "død", "kuollut", "zgon", "умер"),
    "死亡",
})  # fmt: skip
ALIVE = frozenset({
    *("alive", "living", "survived", "am leben", "lebt", "lebend", "vivant", "vivo", "viva", "in leven", "levend"),
    *("levande", "lever", "i live", "elossa", "żyje", "жив", "存活", "生存"),
})  # fmt: skip
MALE = frozenset({"m", "male", "man", "männlich", "mann", "homme", "h", "hombre", "varón", "masculino", "maschio",
                  "maschile", "mies", "masculin", "mężczyzna", "муж", "м", "男", "男性"})  # fmt: skip
FEMALE = frozenset({"f", "female", "woman", "weiblich", "frau", "w", "femme", "mujer", "femenino", "feminino",
                    "femmina", "femminile", "nainen", "féminin", "vrouw", "v", "kvinna", "kvinde", "kvinne", "kobieta",
                    "жен", "ж", "女", "女性"})  # fmt: skip
UNKNOWN = frozenset({
    *("na", "n/a", "n.a.", "n.a", "nan", "nr", "n.r.", "nd", "n.d.", "ns", "not reported", "not stated", "not given"),
    *("not available", "not applicable", "not assessed", "not known", "unknown", "missing", "unclear", "unk", "<na>"),
    *("k.a.", "keine angabe", "unbekannt", "inconnu", "non précisé", "desconocido", "no consta", "sconosciuto"),
    *("onbekend", "okänt", "ukendt", "ukjent", "ei tiedossa", "ei tietoa", "brak danych", "неизвестно", "不详", "不明"),
})  # fmt: skip
"""What says in words that the source does not give it. A dash is none of them: to some it is zero."""

EVENTS: dict[str, tuple[str, ...]] = {
    "death": (
        *("death", "dead", "died", "deceased", "exitus", "mortality", "mors", "fatality", "death from any cause"),
        *("all cause death", "all cause mortality", "tod", "verstorben", "gestorben", "todesdatum", "décès", "deces"),
        *("décédé", "muerte", "fallecido", "fallecimiento", "exitus letalis", "decesso", "morte", "deceduto", "óbito"),
        *("overleden", "overlijden", "död", "avliden", "død", "kuollut", "kuolema", "kuolinpäivä", "zgon", "смерть"),
    ),
}
"""What headings of patient sheets call an event that :attr:`~synth.review_parts.Outcome.event` names."""
SURVIVED = ("alive", "survived", "survivor", "living", "lebt", "vivant", "vivo", "elossa")
"""Headings under which yes means that the patient did not die."""
VITAL = ("status", "vital status", "survival status", "last status", "status at last follow up", "outcome")
"""Headings under which "dead" and "alive" stand."""
FATAL = "death"
"""The event after which nothing more can happen, so that follow-up ends with it."""

_DAY, _WEEK, _MONTH, _YEAR = "days", "weeks", "months", "years"
UNITS: dict[str, str] = {
    **dict.fromkeys(("d", "day", "days", "tag", "tage", "tagen", "jour", "jours", "día", "días", "dia", "dias"), _DAY),
    **dict.fromkeys(("giorno", "giorni", "dag", "dage", "dagen", "dagar", "dager", "päivä", "päivää", "vrk"), _DAY),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks", "woche", "wochen", "semaine", "semaines", "semana"), _WEEK),
    **dict.fromkeys(("semanas", "settimane", "weken", "veckor", "uger", "uker", "vk", "viikko", "viikkoa"), _WEEK),
    **dict.fromkeys(("m", "mo", "mos", "mth", "mths", "month", "months", "monat", "monate", "monaten", "mois"), _MONTH),
    **dict.fromkeys(("mes", "meses", "mese", "mesi", "maand", "maanden", "månad", "månader", "måneder", "kk"), _MONTH),
    **dict.fromkeys(("kuukausi", "kuukautta"), _MONTH),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years", "a", "jahr", "jahre", "jahren", "an", "ans", "année"), _YEAR),
    **dict.fromkeys(("años", "año", "anno", "anni", "jaar", "år", "v", "vuosi", "vuotta", "anos", "ano"), _YEAR),
}
TIME_WORDS = frozenset({"time", "to", "until", "till", "of", "the", "in", "after", "zeit", "bis", "délai", "tiempo"})
DATE_WORDS = frozenset({"date", "datum", "fecha", "data", "päivä", "päivämäärä", "pvm", "dato", "dt", "дата"})
DAYS: dict[str, Fraction] = {
    _DAY: Fraction(1), _WEEK: Fraction(7), _MONTH: Fraction(36525, 1200), _YEAR: Fraction(36525, 100),
}  # fmt: skip
_NUMBER_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "twelve": 12, "thirty": 30}
_DURATION = re.compile(r"(\d{1,5}(?:\.\d{1,4})?|[a-z]+)[\s_-]*([^\W\d_]+)\.?")
_OPEN_END = re.compile(r"follow.?up|any time|overall|end of study|ever\b", re.IGNORECASE)


def loose(name: str) -> str:
    """Return a name without anything that is no letter or digit, and without case.

    Examples
    --------
    >>> loose("Death (1-year)"), loose("mortality_1y")
    ('death1year', 'mortality1y')
    """
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def bare(heading: str) -> str:
    """Return a heading without the brackets at its end.

    Examples
    --------
    >>> bare("Fusion (1 = yes)"), bare("fusion"), bare("(n)")
    ('Fusion', 'fusion', '(n)')
    """
    text = heading.rstrip()
    for opening, closing in ("()", "[]"):
        if text.endswith(closing) and text.rfind(opening) > 0:
            return text[: text.rindex(opening)].rstrip()
    return heading


def word(cell: str) -> str:
    """Return a cell as the tables of words have it: no case, no marks at its ends, one blank for each gap."""
    plain = unicodedata.normalize("NFKC", cell).casefold().replace("-", " ").replace("_", " ")
    return " ".join(plain.split()).strip(" .;:") or cell.strip()


def not_given(cell: str) -> bool:
    """Say whether a cell says in words that the source does not give the figure.

    Examples
    --------
    >>> not_given("NR"), not_given("Not reported."), not_given("-"), not_given("0")
    (True, True, False, False)
    """
    plain = " ".join(unicodedata.normalize("NFKC", cell).casefold().split())
    return plain in UNKNOWN or plain.rstrip(".") in UNKNOWN


@dataclass(frozen=True)
class Duration:
    """A time span as it is said, "12 months"; conversions follow what is meant by such words, not the calendar."""

    value: Fraction
    unit: str

    def __str__(self) -> str:
        number = f"{float(self.value):g}"
        return f"{number} {self.unit[:-1] if self.value == 1 else self.unit}"

    def limit(self, unit: str) -> Fraction:
        """Return from how many of another unit on the span is reached.

        A year is 12 months, 52 weeks and 365 days; 30 days are a month. Days and weeks are counted whole.

        Examples
        --------
        >>> year = Duration(Fraction(1), "years")
        >>> year.limit("days"), year.limit("months"), Duration(Fraction(30), "days").limit("months")
        (Fraction(365, 1), Fraction(12, 1), Fraction(1, 1))
        """
        if unit == self.unit:
            return self.value
        if {unit, self.unit} == {_MONTH, _YEAR}:
            return self.value * 12 if unit == _MONTH else self.value / 12
        if unit in (_MONTH, _YEAR):
            year = {_DAY: 365, _WEEK: 52}[self.unit]
            if self.value % year == 0:
                years = self.value / year
                return years * 12 if unit == _MONTH else years
            if self.unit == _DAY and self.value % 30 == 0 and self.value < 360:
                months = self.value / 30
                return months if unit == _MONTH else months / 12
        exact = self.value * DAYS[self.unit] / DAYS[unit]
        return Fraction(exact.numerator // exact.denominator) if unit in (_DAY, _WEEK) else exact


def duration(said: str) -> Duration | None:
    """Read a time point; ``None`` where it is no number of days, weeks, months or years.

    Examples
    --------
    >>> str(duration("30 days")), str(duration("one year")), str(duration("6-month")), duration("end of follow-up")
    ('30 days', '1 year', '6 months', None)
    """
    match = _DURATION.fullmatch(" ".join(said.casefold().split()))
    if match is None or match[2] not in UNITS:
        return None
    value = Fraction(match[1]) if match[1][0].isdigit() else Fraction(_NUMBER_WORDS.get(match[1], 0))
    return Duration(value, UNITS[match[2]]) if value > 0 else None


_SAME = (
    {"s", "sec", "secs", "second", "seconds"}, {"min", "mins", "minute", "minutes", "minuten"},
    {"h", "hr", "hrs", "hour", "hours", "stunden"}, *({w for w, u in UNITS.items() if u == unit} for unit in DAYS),
    {"ml", "cc", "cm3", "cm³", "millilitre", "millilitres", "milliliter", "milliliters"},
    {"l", "litre", "litres", "liter", "liters"}, {"mm", "millimetre", "millimetres"}, {"cm", "centimetres"},
    {"dl"}, {"cl"}, {"µl", "ul"}, {"m", "metre", "metres"}, {"µm"}, {"kg"}, {"g"}, {"mg"}, {"µg", "ug"}, {"ng"},
    {"ms"}, {"g/l"}, {"g/dl"}, {"mg/l"}, {"mg/dl"}, {"mmol/l"}, {"µmol/l"}, {"mm2", "mm²"}, {"cm2", "cm²"},
)  # fmt: skip


def units_differ(heading: str, wanted: str) -> bool:
    """Say whether two units are surely not the same: both are known, and they are different ones.

    Examples
    --------
    >>> units_differ("min", "minutes"), units_differ("h", "minutes"), units_differ("points", "minutes")
    (False, True, False)
    """
    first, second = heading.casefold().strip("() "), wanted.casefold().strip("() ")
    one, two = (next((at for at, same in enumerate(_SAME) if unit in same), None) for unit in (first, second))
    return one is not None and two is not None and one != two


_OF_PERSONS = re.compile(r"(?:person|patient|subject|pt)[\s_.-]*([^\W\d_]+)", re.IGNORECASE)


def person_time(heading: str, unit: str = "") -> str:
    """Return the unit of a column of person-time, ``""`` where neither its heading nor a unit apart from it says one.

    A unit that is no day, week, month or year comes back as it stands: it is none that person-time can have.

    Examples
    --------
    >>> person_time("person-months"), person_time("pyears"), person_time("exposure"), person_time("time", "mo")
    ('months', 'years', '', 'months')
    >>> person_time("person_months_1"), person_time("time (hours)", "hours")
    ('months', 'hours')
    """
    text = loose(heading).rstrip("0123456789")
    if text in ("py", "pyears", "pyrs"):
        return _YEAR
    apart = unit.casefold().strip("() .")
    persons = _OF_PERSONS.fullmatch(apart) or _OF_PERSONS.search(heading)
    for said in (apart, persons[1].casefold() if persons is not None else ""):
        if said in UNITS:
            return UNITS[said]
    ending = next((name for name in DAYS if text.endswith((name, name[:-1]))), "")
    return ending or (apart if any(apart in same for same in _SAME) else "")


def conversion(said: str, wanted: str) -> str:
    """Say how many of one unit of time make one of another, as words to go on with; ``""`` for anything else.

    Examples
    --------
    >>> conversion("months", "years"), conversion("days", "years"), conversion("years", "weeks"), conversion("L", "mL")
    (': divide by 12', ': divide by 365.25', ': multiply by 52.1786', '')
    """
    if said not in DAYS or wanted not in DAYS:
        return ""
    divide = DAYS[wanted] > DAYS[said]
    factor = DAYS[wanted] / DAYS[said] if divide else DAYS[said] / DAYS[wanted]
    return f": {'divide' if divide else 'multiply'} by {float(factor):.6g}"


def open_end(said: str) -> bool:
    """Say whether a time point is the end of follow-up, whenever that was.

    Examples
    --------
    >>> open_end("end of follow-up"), open_end(""), open_end("hospital stay")
    (True, True, False)
    """
    return not said.strip() or bool(_OPEN_END.search(said))
