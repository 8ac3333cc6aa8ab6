"""Long documents in windows: which tokens each covers.

for start, end in windows(len(tokens), room=8190, overlap=0.1): ...
"""


def windows(length: int, room: int, overlap: float) -> list[tuple[int, int]]:
    """Return half-open spans of at most `room` tokens that cover `length` tokens, each repeating a share of the last.

    The last one ends with the text and is as full as the others. A text of no tokens is one empty window.
    """
    if length <= room:
        return [(0, length)]
    step = max(1, room - int(room * overlap))
    starts = [*range(0, length - room, step), length - room]
    return [(start, start + room) for start in starts]


def window_around(start: int, end: int, length: int, room: int) -> tuple[int, int]:
    """Return the span of at most `room` of `length` tokens in whose middle `[start, end)` stands, cut if it is longer.

    At the ends of the text it stands nearer to the edge: the window is full wherever the text is long enough.
    """
    room = min(room, length)
    first = (start + end - room) // 2 if end - start <= room else start
    first = min(max(first, 0), length - room)
    return first, first + room
