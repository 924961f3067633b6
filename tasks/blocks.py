"""Tokens in Prefect's Secret blocks."""

from typing import cast

import httpx
from prefect.blocks.system import Secret
from prefect.exceptions import ObjectNotFound, PrefectException
from pydantic import SecretStr

from tasks.github.api.errors import TokenRefused
from warehouse.errors import PrflowError


class PrefectUnavailable(PrflowError, ConnectionError):
    """Prefect's server does not respond, or refuses to; the token in it may be good. Another try may succeed."""

    hint = "Check that Prefect is running (`prflow doctor`), then run this again."


async def read_block(name: str) -> SecretStr | None:
    """Read the value of a Secret block; None if there is no such block.

    Raises TokenRefused if it is empty or cannot be decrypted, PrefectUnavailable if Prefect does not say.
    """
    fault: str
    try:
        block = cast(Secret[str], await Secret.aload(name))
    except ValueError as error:
        if isinstance(error.__cause__, ObjectNotFound):
            return None
        fault = "cannot be decrypted"
    except (PrefectException, httpx.HTTPError, OSError, RuntimeError) as error:
        # Prefect's client raises a RuntimeError if it reaches no server. The texts name its address.
        raise PrefectUnavailable(
            f"Prefect did not give the token in its block secret/{name} ({type(error).__name__})"
        ) from None
    else:
        value = SecretStr(str(block.get()).strip())
        if value.get_secret_value():
            return value
        fault = "is empty"
    raise TokenRefused(f"The token in the Prefect block secret/{name} {fault}: save it again or delete the block")


async def save_block(name: str, token: SecretStr) -> None:
    """Save a token in a Secret block, which Prefect encrypts, in place of an earlier one of that name."""
    await Secret(value=token.get_secret_value()).save(name, overwrite=True)
