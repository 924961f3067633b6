"""Lines of the dashboard's log without orders to a terminal: whoever reaches the port may write into some of them."""

import logging

from warehouse.guard.untrusted import strip_invisible

_FORMATTER = logging.Formatter()


class CleanRecord(logging.LogRecord):
    """A record whose message and traceback hold no control character, whichever handler writes it."""

    def getMessage(self) -> str:  # noqa: N802  the name is logging's
        if self.exc_info and not self.exc_text:
            self.exc_text = strip_invisible(_FORMATTER.formatException(self.exc_info))
        return strip_invisible(super().getMessage())


def clean_log_lines() -> None:
    """Let all loggers of this process make clean records, those of Streamlit and its server too."""
    logging.setLogRecordFactory(CleanRecord)
