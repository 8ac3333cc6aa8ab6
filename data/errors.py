"""The ways a command ends early, and how they become an exit status: 2 wrong usage or input, 1 failed, 130 stopped."""

import logging
import os
import re
import sys
import traceback
from collections.abc import Callable

# Control characters but tab and line feed, and those that turn the direction of what follows them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class InputError(Exception):
    """The user's input cannot be used; the message says what, where, and what to do (exit status 2)."""


class RunError(Exception):
    """The work failed for a reason outside the input, such as an endpoint that is down (exit status 1)."""


class Interrupted(Exception):
    """The user stopped the work; the message says how to go on (exit status 130)."""


def printable(text: str) -> str:
    """Return `text` without the means to steer a terminal: names and messages may come from anywhere."""
    return _UNPRINTABLE.sub("\ufffd", text)


def run_command(command: Callable[[], None]) -> int:
    """Call `command` and return the exit status; expected errors are printed as one message, without a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        command()
    except InputError as error:
        print(printable(f"error: {error}"), file=sys.stderr)
        return 2
    except RunError as error:
        print(printable(f"failed: {error}"), file=sys.stderr)
        return 1
    except Interrupted as stopped:
        _release(stopped)
        print(printable(f"stopped: {stopped}"), file=sys.stderr)
        return 130
    except KeyboardInterrupt as stopped:
        _release(stopped)
        print("stopped: run the same command again to go on.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough; Python must not try to flush the rest
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(printable(f"failed: {error}"), file=sys.stderr)
        return 1
    return 0


def _release(stopped: BaseException) -> None:
    """Let go of what the interrupted functions held, quietly: Ctrl-C can strike in the middle of a constructor (of a
    progress bar, say), and the destructor of an object that was never complete has only its own confusion to report.
    """
    report, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        link: BaseException | None = stopped
        while link is not None:
            traceback.clear_frames(link.__traceback__)
            link = link.__cause__ or link.__context__
    finally:
        sys.unraisablehook = report
