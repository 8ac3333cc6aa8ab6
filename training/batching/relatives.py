"""Questions that must not be each other's negatives: dealt to batches so that no two of a family meet.

    groups = deal(members, sizes, families)

A question's family are its positive documents, their near-duplicate clusters and their translation groups; two
questions are relatives when their families share anything.
"""

from collections import Counter
from collections.abc import Sequence

from training.batching.examples import Example

Family = frozenset[str | int]
# Batches that are tried for a question, at most: all of them would take hours for many questions on one document.
MOST_TRIES = 200


def question_families(examples: Sequence[Example], kin: Sequence[frozenset[str]]) -> list[Family]:
    """Return the family of each example; `kin` are the clusters and groups of each document."""
    return [frozenset(example.positives).union(*(kin[row] for row in example.positives)) for example in examples]


def count_relatives(members: Sequence[int], families: Sequence[Family]) -> int:
    """Return how many of `members` have a relative among the others."""
    held = Counter(name for member in members for name in families[member])
    return sum(any(held[name] > 1 for name in families[member]) for member in members)


def deal(
    members: Sequence[int], sizes: Sequence[int], families: Sequence[Family], passes_rest: bool
) -> list[list[int]]:
    """Deal `members` into groups of exactly these `sizes`, which add up; relatives meet only where they must.

    With `passes_rest` the last group is no batch yet and will be dealt again: relatives rather meet there.

    The questions of one family go to one group after the other, the largest families first: so a family of no more
    questions than there are groups is spread without a conflict. The order of `members` decides everything else.
    """
    groups: list[list[int]] = [[] for _ in sizes]
    held: list[set[str | int]] = [set() for _ in sizes]
    open_groups = [group for group, size in enumerate(sizes) if size]
    left_over: list[int] = []
    rest = len(groups) - 1
    turn = 0
    for member in _by_family(members, families):
        family = families[member]
        for attempt in range(min(len(open_groups), MOST_TRIES)):
            place = (turn + attempt) % len(open_groups)
            group = open_groups[place]
            if held[group].isdisjoint(family):
                groups[group].append(member)
                held[group] |= family
                if len(groups[group]) == sizes[group]:
                    del open_groups[place]  # the next group moves to this place
                else:
                    place += 1
                turn = place % max(1, len(open_groups))
                break
        else:
            left_over.append(member)
    for group in open_groups:  # whatever is left has relatives in all of these
        while len(groups[group]) < sizes[group]:
            member = left_over.pop()
            if passes_rest and (other := _stranger(groups[rest], held[group], families)) is not None:
                groups[rest].remove(other)
                groups[rest].append(member)
                member = other
            groups[group].append(member)
            held[group] |= families[member]
    return groups


def _stranger(members: Sequence[int], held: set[str | int], families: Sequence[Family]) -> int | None:
    return next((member for member in members if held.isdisjoint(families[member])), None)


def _by_family(members: Sequence[int], families: Sequence[Family]) -> list[int]:
    """Return `members` with the largest families first, each family in one run; equal ones as they come."""
    size = Counter(name for member in members for name in families[member])
    main = {member: max(families[member], key=lambda name: (size[name], str(name))) for member in members}
    seen: dict[str | int, int] = {}
    for member in members:
        seen.setdefault(main[member], len(seen))
    return sorted(members, key=lambda member: (-size[main[member]], seen[main[member]]))
