"""The two ways a command ends early, and how they become an exit status: 2 wrong usage or input, 1 failed, 130 stopped."""

import logging
import sys
from collections.abc import Callable


class InputError(Exception):
    """The user's input cannot be used; the message says what, where, and what to do (exit status 2)."""


class RunError(Exception):
    """The work failed for a reason outside the input, such as an endpoint that is down (exit status 1)."""


class Interrupted(Exception):
    """The user stopped the work; the message says how to go on (exit status 130)."""


def run_command(command: Callable[[], None]) -> int:
    """Call `command` and return the exit status; expected errors are printed as one message, without a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        command()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except RunError as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    except Interrupted as stopped:
        print(f"stopped: {stopped}", file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print("stopped: run the same command again to go on.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    return 0
