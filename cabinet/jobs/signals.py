"""The two signals that end a process, and how it is deaf to more of them."""

import signal

STOPS = (signal.SIGINT, signal.SIGTERM)


def hear_and_do_nothing() -> None:
    """Let more of them change nothing, after the first.

    They are heard nevertheless. Ignored, one that came at the same moment would be told
    of as an error: Python looks for its handler only after the first one's has run.
    """
    for number in STOPS:
        signal.signal(number, lambda *_: None)


def hear_no_more() -> None:
    """Ignore them until the process is gone: to be called by the main thread at its end.

    Python takes its own handlers away when it ends, and the process would be killed by
    one that came then. They are held back meanwhile: what has come before is dealt with.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
