"""What other people's sheets call the arms and the outcomes of a review."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from synth.workspace import Outcome, Review

from .words import Duration, duration, loose


class Names:
    """Arms and outcomes by every name that means one of them: id, label, alias; a name that could mean two means none.

    Parameters
    ----------
    review : Review
        Whose.

    Examples
    --------
    >>> from synth.workspace import Arm, Question
    >>> outcomes = (Outcome("mortality_1y", "Death within one year", aliases=("1-year mortality",)),)
    >>> names = Names(Review("T", Question("Q"), "", (Arm("mis", "Minimally invasive", "primary"),), outcomes))
    >>> names.outcome("Mortality 1Y"), names.outcome("1 year mortality"), names.arm("minimally-invasive")
    ('mortality_1y', 'mortality_1y', 'mis')
    """

    def __init__(self, review: Review) -> None:
        self.review = review
        self.outcomes = {outcome.id: outcome for outcome in review.outcomes}
        named = _table((o.id, (o.id, o.label, *o.aliases)) for o in review.outcomes)
        # The longest first: a name may begin as another one does.
        self.outcome_names = {name: named[name] for name in sorted(named, key=len, reverse=True)}
        self.arm_names = _table((a.id, (a.id, a.label, *a.aliases)) for a in review.arms)
        self.time_points = {outcome.id: duration(outcome.time_point) for outcome in review.outcomes}
        by_event: dict[str, list[Outcome]] = {}
        for outcome in review.outcomes:
            if outcome.event:
                by_event.setdefault(loose(outcome.event), []).append(outcome)
        self.by_event = by_event

    def outcome(self, name: str, time_point: str = "") -> str | None:
        """Return the id of an outcome, from its name or from that of its event and the time point."""
        if name in self.outcomes:
            return name
        when = duration(time_point) if time_point else None
        found = self.outcome_names.get(loose(name))
        if found is not None and (when is None or self._at(found, when)):
            return found
        if time_point:
            for both in (name + time_point, time_point + name):
                if loose(both) in self.outcome_names:
                    return self.outcome_names[loose(both)]
        if when is not None:
            same = self.by_event.get(loose(name), ())
            at = [o.id for o in same if self.time_points[o.id] is not None and self._at(o.id, when)]
            return at[0] if len(at) == 1 else None
        return found

    def _at(self, id: str, when: Duration) -> bool:
        known = self.time_points[id]
        return known is None or known.limit(when.unit) == when.value

    def arm(self, name: str) -> str | None:
        """Return the id of an arm from any of its names."""
        if any(arm.id == name for arm in self.review.arms):
            return name
        return self.arm_names.get(loose(name))

    def near(self, name: str, column: str) -> str:
        """Return a hint with the nearest name, or nothing."""
        names = [a.id for a in self.review.arms] if column == "arm" else list(self.outcomes)
        found = difflib.get_close_matches(name[:200].casefold(), names, n=1)
        return f' Did you mean "{found[0]}"?' if found else ""


def _table(named: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    found: dict[str, str] = {}
    twice: set[str] = set()
    for id, names in named:
        for name in dict.fromkeys(map(loose, names)):
            if name and found.setdefault(name, id) != id:
                twice.add(name)
    return {name: id for name, id in found.items() if name not in twice}
