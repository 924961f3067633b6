"""Keep the password of Prefect's server out of logs at DEBUG."""

import logging


def hide_password_of_prefect() -> None:
    """Drop one line: websockets logs each message at DEBUG, and the first of Prefect's client is the password."""
    logging.getLogger("websockets.client").addFilter(_is_harmless)


def _is_harmless(record: logging.LogRecord) -> bool:
    return '"type":"auth"' not in record.getMessage().replace(" ", "")
