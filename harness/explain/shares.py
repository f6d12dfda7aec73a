"""What each difference is worth: the waterfall in stage order, and order-free (Shapley) shares.

With v(S) the loss of point A with the switches in S thrown to B's choice, the step of switch i in the waterfall is
v({1…i}) − v({1…i−1}), and its share is the average of v(S ∪ i) − v(S) over all orders (Shapley 1953). Both sum to
v(all) − v(none) exactly, by telescoping; the value function is the reference, so no framework is asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from harness.errors import CaseError
from harness.explain.differences import Difference
from harness.records import Array
from harness.semantics import Semantics

# Above this many differences the 2^k corners are replaced by the two waterfalls from either end, averaged.
MOST_CORNERS = 6

Evaluate = Callable[[Semantics], Array]


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """A difference with its share and step, arrays of the loss's shape, and whether it does anything at all here."""

    difference: Difference
    share: Array
    step: Array
    active: bool


def worths(start: Semantics, switches: Sequence[Difference], evaluate: Evaluate, room: Array) -> tuple[Worth, ...]:
    """Shares and steps of every switch.

    Args:
        start: Point A, in the form in which the sides meet.
        switches: The differences, in stage order.
        evaluate: A point to its numbers; raises CaseError where the inputs do not fit it.
        room: What rounding alone may move, elementwise.

    Returns:
        One Worth per switch; a switch is inactive if no corner it connects moves by more than `room`.
    """
    corners = _Corners(start, tuple(switches), evaluate, room)
    k = len(switches)
    steps = [corners.move(frozenset(range(i)), i) for i in range(k)]
    reverse = [corners.move(frozenset(range(i + 1, k)), i) for i in range(k)]
    if k <= 1:
        moves = [[step] for step in steps]
    else:
        live = [
            i
            for i in range(k)
            if steps[i].alive
            or reverse[i].alive
            or corners.move(frozenset(), i).alive
            or corners.move(frozenset(range(k)) - {i}, i).alive
        ]
        moves = [[] for _ in range(k)]
        corners.fill(live, moves) if len(live) <= MOST_CORNERS else _ends(moves, live, steps, reverse)
    return tuple(_worth(d, steps[i], moves[i]) for i, d in enumerate(switches))


@dataclass(frozen=True, slots=True, eq=False)
class _Move:
    amount: Array
    alive: bool
    weight: float = 1.0


def _ends(moves: list[list[_Move]], live: Sequence[int], steps: list[_Move], reverse: list[_Move]) -> None:
    for i in live:
        moves[i] = [_Move(m.amount, m.alive, 0.5) for m in (steps[i], reverse[i])]


def _worth(difference: Difference, step: _Move, moves: list[_Move]) -> Worth:
    if not moves:
        return Worth(difference, np.zeros_like(step.amount), step.amount, active=False)
    share = sum((m.weight * m.amount for m in moves[1:]), moves[0].weight * moves[0].amount)
    share = np.where(np.isfinite(share), share, step.amount)
    return Worth(difference, share, step.amount, any(m.alive for m in moves))


class _Corners:
    """The corners of the cube of switches, each evaluated once."""

    def __init__(self, start: Semantics, switches: tuple[Difference, ...], evaluate: Evaluate, room: Array) -> None:
        self.start, self.switches, self.evaluate, self.room = start, switches, evaluate, room
        self.known: dict[frozenset[int], Array | None] = {}

    def at(self, thrown: frozenset[int]) -> Array | None:
        if thrown not in self.known:
            point = self.start
            for i in sorted(thrown):
                point = self.switches[i].throw(point)
            try:
                self.known[thrown] = self._passable(self.evaluate(point), thrown)
            except (CaseError, ValueError, IndexError):
                # Half-way between two layouts the arrays may not fit each other; the next switch brings the rest.
                self.known[thrown] = None
        return self.known[thrown]

    def _passable(self, corner: Array, thrown: frozenset[int]) -> Array | None:
        """No way between two finite numbers leads over an infinite one: what is added there could not be taken off."""
        if len(thrown) in (0, len(self.switches)) or np.all(np.isfinite(corner)):
            return corner
        ends = self.at(frozenset()), self.at(frozenset(range(len(self.switches))))
        if ends[0] is None or ends[1] is None or not ends[0].size == ends[1].size == corner.size:
            return corner
        finite = np.isfinite(ends[0].ravel()) & np.isfinite(ends[1].ravel())
        return None if np.any(finite & ~np.isfinite(corner.ravel())) else corner

    def move(self, before: frozenset[int], i: int) -> _Move:
        change = _change(self.standing(before), self.standing(before | {i}))
        return _Move(change, bool(np.any(~(np.abs(change) <= self.room))))

    def standing(self, thrown: frozenset[int]) -> Array:
        """The corner's numbers; those of the largest corner below it where it has none of its own.

        So every corner has one value whatever way leads to it, and the moves along any order still sum to the gap.
        """
        for size in range(len(thrown), -1, -1):
            for kept in combinations(sorted(thrown), size):
                found = self.at(frozenset(kept))
                if found is not None and found.size == self.room.size:
                    return np.reshape(found, self.room.shape)
        return np.zeros(self.room.shape)

    def fill(self, live: Sequence[int], moves: list[list[_Move]]) -> None:
        """Every move of every live switch, with its Shapley weight |S|!(k−|S|−1)!/k!, into `moves`."""
        k = len(live)
        for i in live:
            others = [j for j in live if j != i]
            for size in range(k):
                weight = math.factorial(size) * math.factorial(k - size - 1) / math.factorial(k)
                for chosen in combinations(others, size):
                    move = self.move(frozenset(chosen), i)
                    moves[i].append(_Move(move.amount, move.alive, weight))


def _change(first: Array, second: Array) -> Array:
    same = (np.isnan(first) & np.isnan(second)) | (first == second)
    with np.errstate(invalid="ignore"):
        return np.where(same, 0.0, second - first)
