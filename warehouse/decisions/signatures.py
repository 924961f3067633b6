"""Who decided something, as the warehouse keeps it: a verified e-mail address, or a name with the key of its login.

A name alone stands for nobody: two people may have the same one, and some providers let people write their own.
"""

import json
import re
import unicodedata
from hashlib import sha256

from warehouse.guard.untrusted import one_line

MAX_LABEL = 40
KEY = r"( \(login-[0-9a-f]{16}\))$"
"""What ends a signature with a name; no e-mail address holds a blank."""


def make_label(name: str) -> str:
    """Return a name as one line that nobody takes for an e-mail address."""
    line = one_line(unicodedata.normalize("NFKC", name)).replace("@", " at ")
    return one_line(line, MAX_LABEL) or "somebody"


def sign(name: str, issuer: str, subject: str) -> str:
    """Return the signature of somebody without a verified address: issuer and subject are theirs alone, for ever."""
    key = sha256(json.dumps([issuer, subject]).encode()).hexdigest()[:16]
    return f"{make_label(name)} (login-{key})"


def owner(signature: str) -> str:
    """Return what two signatures of one person have in common, though the name has changed meanwhile."""
    found = re.search(KEY, signature)
    return found[1] if found else signature
