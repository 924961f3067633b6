"""What a run logs commands no terminal: its lines quote names and errors that came from GitHub and the model."""

import logging

from warehouse.guard.untrusted import strip_invisible

# The loggers of Prefect's `get_run_logger`. Their lines go to the terminal of `prflow sync`, or to the worker's log.
LOGGERS = ("prefect.flow_runs", "prefect.task_runs")
_FORMATTER = logging.Formatter()


def clean_logs() -> None:
    """Let every line of a run pass `clean_record`, however often this is called."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(clean_record)


def clean_record(record: logging.LogRecord) -> bool:
    """Strip control characters from the message and from the traceback of a record, which is then logged."""
    record.msg, record.args = strip_invisible(record.getMessage()), ()
    if record.exc_info and not record.exc_text:
        record.exc_text = strip_invisible(_FORMATTER.formatException(record.exc_info))
    return True
