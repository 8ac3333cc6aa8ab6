"""Disjoint sets: which things belong together when pairs of them do."""

from collections import defaultdict
from collections.abc import Hashable, Sequence


class DisjointSets:
    """The numbers 0 to `size` - 1, each a set of its own until united; a set is named by its smallest number."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))

    def find(self, number: int) -> int:
        """Return the smallest number of the set that holds `number`."""
        while self._parents[number] != number:
            self._parents[number] = self._parents[self._parents[number]]
            number = self._parents[number]
        return number

    def unite(self, left: int, right: int) -> None:
        """Make one set of the two that hold `left` and `right`."""
        low, high = sorted((self.find(left), self.find(right)))
        self._parents[high] = low

    def unite_equal(self, keys: Sequence[Hashable | None]) -> None:
        """Unite the numbers whose keys are equal; None is equal to nothing."""
        first: dict[Hashable, int] = {}
        for number, key in enumerate(keys):
            if key is not None:
                self.unite(first.setdefault(key, number), number)

    def members(self) -> dict[int, list[int]]:
        """Return name -> numbers of every set, in order."""
        sets: dict[int, list[int]] = defaultdict(list)
        for number in range(len(self._parents)):
            sets[self.find(number)].append(number)
        return dict(sets)
