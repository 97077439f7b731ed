"""What can be said about a law document as written: rules that can never hold, questions that nothing uses, missing
words, and gaps: facts for which no rule permits, bars or waives (REASONING.md, *The grid*).

Exact and quick without trying every combination: the facts are walked as in :mod:`statelaw.diagram`, and a branch ends
as soon as a rule surely holds in all of it (no gap) or none can hold any more (all of it is a gap).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import prod
from typing import Any

from . import facts
from .compiled import Law, Rule, Variable
from .document import Jurisdiction, Mistake

CLAIM_EFFECTS = ("permit", "bar", "waiver")
GRID_FACTS = ("disposition", "foreclosed_by", "lien", "residence", "loan_use", "units")
#: Circumstances of the core that are changed one at a time beside the grid.
CHANGED = ("role", "loan_program", "farm", "abandoned", "bankruptcy_discharge", "personally_served", "lender_waived")


@dataclass(frozen=True)
class Gap:
    """Facts (those not named: any) for which no rule says whether a claim is allowed."""

    when: Mapping[str, Any]
    combinations: int


@dataclass(frozen=True)
class Review:
    """What was found in one jurisdiction's law as written."""

    code: str
    name: str
    provisions: int
    combinations: int
    gaps: tuple[Gap, ...]
    circumstance_gaps: tuple[Gap, ...]  # with one circumstance of the core changed
    notes: tuple[Mistake, ...]  # rules that can never hold, unused questions, missing ticks

    @property
    def uncovered(self) -> int:
        return sum(gap.combinations for gap in self.gaps)


def review(law: Law, also_used: Iterable[str] = ()) -> Review:
    """``also_used``: facts that other documents (options, other states) turn on."""
    notes = tuple(_notes(law, f"{law.code}.yaml", set(also_used)))
    if law.federal is None:  # the federal layer lies over the states' law; by itself it settles little
        return Review(law.code, law.state.name, len(law.state.provisions), 0, (), (), notes)
    grid = _grid(law)
    base = _gaps(law, grid)
    changed = []
    for name in CHANGED:
        position = law.index.get(name)
        fact = law.facts[name]
        for value in fact.values if position is not None else ():
            if position is not None and value != fact.usual:
                masks = list(grid)
                masks[position] = law.variables[position].known_mask(value)
                changed += [
                    Gap({name: value, **gap.when}, gap.combinations)
                    for gap in _gaps(law, masks)
                    if not any(_covers(other.when, gap.when) for other in base)
                ]
    return Review(
        code=law.code,
        name=law.state.name,
        provisions=len(law.state.provisions),
        combinations=sum(_count(law, masks) for masks in _paths(law, grid)),
        gaps=base,
        circumstance_gaps=tuple(changed),
        notes=notes,
    )


def _covers(wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> bool:
    return all(name in narrow and narrow[name] == value for name, value in wide.items())


# --- gaps ----------------------------------------------------------------------------------------------------------


def _own_rules(law: Law, *effects: str) -> list[Rule]:
    return [r for r in law.rules if (not r.federal or law.federal is None) and (not effects or r.effect in effects)]


def _grid(law: Law) -> list[int]:
    """The cells of every fact that the grid takes: circumstances as usual, the state's own facts at every value."""
    own = {question.fact for question in law.state.questions}
    masks = []
    for variable in law.variables:
        mask = variable.everything
        fact = variable.fact
        if fact.name == "disposition":
            mask = variable.known_mask(frozenset((*law.state.process.available, *facts.WORKOUTS)))
        elif fact.name == "units":
            mask = 0
            for number in facts.GRID_UNITS:
                mask |= variable.known_mask(number)
        elif fact.is_circumstance and fact.name not in own:
            mask = variable.known_mask(fact.usual)
        masks.append(mask)
    return masks


def _paths(law: Law, masks: list[int]) -> Iterator[list[int]]:
    """The grid once for every legal way in which the home can be lost."""
    d, b, n = (law.index[name] for name in ("disposition", "foreclosed_by", "lien"))
    ways = tuple(cell.value for cell in cells(law.variables[d], masks[d]) if isinstance(cell.value, str))
    for disposition, by, lien in facts.legal_paths(ways):
        path = list(masks)
        for position, value in ((d, disposition), (b, by), (n, lien)):
            path[position] &= law.variables[position].known_mask(value)
        if path[d] and path[b] and path[n]:
            yield path


def cells(variable: Variable, mask: int) -> list[Any]:
    return [cell for position, cell in enumerate(variable.cells) if mask >> position & 1]


def _gaps(law: Law, grid: list[int]) -> tuple[Gap, ...]:
    rules = _own_rules(law, *CLAIM_EFFECTS)
    regions: list[list[int]] = []
    for path in _paths(law, grid):
        regions += [region for region in _uncovered(law, rules, path) if _dates_fit(law, region)]
    return tuple(
        Gap(_describe(law, region, grid), sum(_count(law, masks) for masks in _paths(law, region)))
        for region in merged(regions)
    )


def _uncovered(law: Law, rules: list[Rule], masks: list[int]) -> Iterator[list[int]]:
    """The parts of ``masks`` in which no rule holds."""
    possible = []
    for rule in rules:
        state = _status(rule, masks)
        if state is None:
            possible.append(rule)
        elif state:
            return
    if not possible:
        yield masks
        return
    position = _open_position(possible[0], masks)
    variable = law.variables[position]
    bits = 0
    for rule in possible:
        bits |= rule.bit | rule.clause_bits
    groups: dict[int, int] = {}
    for cell in range(len(variable.cells)):
        if masks[position] >> cell & 1:
            struck = variable.kill[cell] & bits
            groups[struck] = groups.get(struck, 0) | 1 << cell
    for group in groups.values():
        narrowed = list(masks)
        narrowed[position] = group
        yield from _uncovered(law, possible, narrowed)


def _status(rule: Rule, masks: list[int]) -> bool | None:
    """Whether a rule holds in all of ``masks`` (True), in none (False) or in some (None)."""
    sure = True
    for position, allowed in rule.parts:
        if not masks[position] & allowed:
            return False
        if masks[position] & ~allowed:
            sure = False
    for clause in rule.clauses:
        clause_sure = True
        for position, allowed in clause.parts:
            if not masks[position] & allowed:
                break
            if masks[position] & ~allowed:
                clause_sure = False
        else:
            if clause_sure:
                return False
            sure = False
    return sure or None


def _open_position(rule: Rule, masks: list[int]) -> int:
    for position, allowed in rule.parts:
        if masks[position] & ~allowed:
            return position
    for clause in rule.clauses:
        if all(masks[position] & allowed for position, allowed in clause.parts):
            return next(position for position, allowed in clause.parts if masks[position] & ~allowed)
    raise AssertionError("the rule is decided")


def _dates_fit(law: Law, masks: list[int]) -> bool:
    """The loan is not after the sale."""
    s, o = law.index["sale_date"], law.index["loan_date"]
    last_sale = max((cell.high or date.max for cell in cells(law.variables[s], masks[s])), default=date.max)
    first_loan = min((cell.low or date.min for cell in cells(law.variables[o], masks[o])), default=date.min)
    return first_loan <= last_sale


def merged(regions: list[list[int]]) -> list[list[int]]:
    """Regions that differ in one fact only become one."""
    found = [tuple(region) for region in regions]
    width = len(found[0]) if found else 0
    again = True
    while again:
        again = False
        for position in range(width):
            together: dict[tuple, int] = {}
            for region in found:
                key = (*region[:position], *region[position + 1 :])
                together[key] = together.get(key, 0) | region[position]
            if len(together) < len(found):
                again = True
            found = [(*key[:position], mask, *key[position:]) for key, mask in together.items()]
    return [list(region) for region in found]


def _describe(law: Law, region: list[int], grid: list[int]) -> dict[str, Any]:
    described = {}
    for variable, mask, whole in zip(law.variables, region, grid, strict=True):
        if variable.name in ("disposition", "foreclosed_by", "lien") or mask != whole:
            described[variable.name] = variable.describe(mask)
    return described


def _count(law: Law, masks: list[int]) -> int:
    """How many combinations of the grid lie in ``masks``: a number of dwellings counts once, dates and acres not."""
    own = {question.fact for question in law.state.questions}
    sizes = []
    for name in (*GRID_FACTS, *own):
        position = law.index.get(name)
        if position is None:  # no rule turns on it
            sizes.append({"residence": 3, "loan_use": 5, "units": len(facts.GRID_UNITS)}.get(name, 1))
            continue
        variable = law.variables[position]
        if name == "units":
            sizes.append(sum(bool(variable.known_mask(n) & masks[position]) for n in facts.GRID_UNITS))
        else:
            sizes.append(masks[position].bit_count())
    return prod(sizes)


# --- what else -----------------------------------------------------------------------------------------------------


def _notes(law: Law, file: str, also_used: set[str]) -> Iterator[Mistake]:
    possible = [variable.everything for variable in law.variables]
    d = law.index["disposition"]
    possible[d] = law.variables[d].known_mask(frozenset((*law.state.process.available, *facts.WORKOUTS)))
    used = {name for p in law.state.provisions for name in (*p.conditions, *(n for clause in p.unless for n in clause))}
    for question in law.state.questions:
        if question.fact not in used | also_used:
            yield Mistake(file, question.fact, "fact", "no provision turns on this question")
        if question.kind == "yes_no" and question.usual is not None and question.tick is None:
            yield Mistake(file, question.fact, "tick", "is missing: this circumstance is asked as a box to tick")
    for rule in _own_rules(law):
        where = rule.provision.id
        if rule.effect == "duty" and rule.provision.tick is None:
            yield Mistake(file, where, "tick", "is missing: a duty that was skipped is asked as a box to tick")
        yield from _never(law, rule, possible, file)
    for kind in law.state.process.available:
        if law.code != "US" and kind not in law.state.process.route:
            yield Mistake(file, "process", f"route.{kind}", "is missing: how the lender gets a judgment there")


def _never(law: Law, rule: Rule, possible: list[int], file: str) -> Iterator[Mistake]:
    where = rule.provision.id
    for position, allowed in rule.parts:
        name = law.variables[position].name
        if not possible[position] & allowed:
            why = "none of these is among process.available" if name == "disposition" else "can never hold"
            yield Mistake(file, where, f"when.{name}", f"the rule can never hold: {why}")
            return
    masks = list(possible)
    for position, allowed in rule.parts:
        masks[position] &= allowed
    paths = list(_paths(law, masks))
    if not paths or not _dates_fit(law, masks):
        yield Mistake(file, where, "when", "the rule can never hold: its conditions rule each other out")
        return
    if not any(_some_point(law, rule, path) for path in paths):
        yield Mistake(file, where, "unless", "the rule can never hold: an exception holds whenever it does")
    for number, clause in enumerate(rule.clauses, start=1):
        if not any(all(path[position] & allowed for position, allowed in clause.parts) for path in paths):
            yield Mistake(file, where, f"unless.{number}", "can never hold beside the rule's own conditions")


def _some_point(law: Law, rule: Rule, masks: list[int]) -> bool:
    """Whether the rule holds somewhere in ``masks``."""
    state = _status(rule, masks)
    if state is not None:
        return state
    position = _open_position(rule, masks)
    for cell in range(len(law.variables[position].cells)):
        if masks[position] >> cell & 1:
            narrowed = list(masks)
            narrowed[position] = 1 << cell
            if _some_point(law, rule, narrowed):
                return True
    return False


def facts_used(document: Jurisdiction) -> set[str]:
    """The facts that a document's rules turn on."""
    return {n for p in document.provisions for n in (*p.conditions, *(name for clause in p.unless for name in clause))}


# --- as text ---------------------------------------------------------------------------------------------------------

HEADINGS = ("way lost", "whose foreclosure", "which loan", "and", "combinations")


def gap_rows(found: Review) -> list[tuple[str, ...]]:
    """The gaps as rows of a table, in the words of the rule language."""
    return [_row(gap.when, f"{gap.combinations:,}") for gap in found.gaps]


def circumstance_rows(found: Review) -> list[tuple[str, ...]]:
    """What one changed circumstance leaves without a rule, in outline: the ways of losing the home only."""
    outline: dict[tuple[str, ...], bool] = {}
    for gap in found.circumstance_gaps:
        (name, value), *rest = gap.when.items()
        key = (f"{name}: {_say(value)}", *_row(dict(rest), "")[:3])
        outline[key] = outline.get(key, False) or len(rest) <= 3
    return [(*key, "" if whole else "in part") for key, whole in outline.items()]


def _row(when: Mapping[str, Any], last: str) -> tuple[str, ...]:
    path = [_say(when[name]) for name in ("disposition", "foreclosed_by", "lien")]
    rest = "; ".join(f"{name}: {_say(value)}" for name, value in when.items() if name not in GRID_FACTS[:3])
    return (*path, rest or "any", last)


def _say(value: Any) -> str:
    if isinstance(value, list):
        return " / ".join(_say(item) for item in value)
    if isinstance(value, dict):
        return " ".join(f"{key} {_say(item)}" for key, item in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


def summary(found: Review) -> str:
    if not found.combinations:
        return f"{found.provisions} provisions"
    gap = f"{found.uncovered:,} of {found.combinations:,} combinations without a rule" if found.gaps else "no gap"
    return f"{found.provisions} provisions, {gap}" + ("" if found.gaps else f" in {found.combinations:,} combinations")


def markdown(found: Review) -> str:
    """The part of FINDINGS.md that is worked out, for one jurisdiction."""
    lines = [f"{summary(found)[0].upper()}{summary(found)[1:]}."]
    for title, headings, rows in (
        ("", HEADINGS, gap_rows(found)),
        (
            "With one circumstance of the core changed, no rule of this file for:",
            ("circumstance", *HEADINGS[:3], ""),
            circumstance_rows(found),
        ),
    ):
        if rows:
            lines += ["", title, ""] if title else [""]
            lines += [f"| {' | '.join(headings)} |", "| --- " * len(headings) + "|"]
            lines += [f"| {' | '.join(row)} |" for row in rows]
    if found.notes:
        lines += ["", *(f"- `{note.where}`: {note.key}: {note.message}" for note in found.notes)]
    return "\n".join(lines)
