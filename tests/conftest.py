"""Settings of all tests."""

import signal

# A shell starts background jobs with SIGINT ignored, and processes hand that down; one with a handler of its own does
# not. So Ctrl-C reaches the processes that tests start, wherever the test run itself stands.
signal.signal(signal.SIGINT, signal.default_int_handler)
