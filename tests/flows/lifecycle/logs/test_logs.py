"""What a run logs, when names and errors hold orders for a terminal."""

import logging
from io import StringIO

from flows.lifecycle.logs import LOGGERS, clean_logs, clean_record

HOSTILE = "one\x1b[31m\x9b2J\r\u202etwo"
CLEAN = "one[31m2Jtwo"


def test_message_arguments_and_traceback_are_clean() -> None:
    logger, output = logging.Logger("test"), StringIO()
    logger.addHandler(logging.StreamHandler(output))
    logger.addFilter(clean_record)
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        logger.exception("%s: %d", HOSTILE, 5)
    said = output.getvalue()
    assert said.startswith(f"{CLEAN}: 5\nTraceback")
    assert said.endswith(f"ValueError: {CLEAN}\n")


def test_the_loggers_of_runs_are_cleaned_once() -> None:
    clean_logs()
    clean_logs()
    assert [logging.getLogger(name).filters.count(clean_record) for name in LOGGERS] == [1, 1]
