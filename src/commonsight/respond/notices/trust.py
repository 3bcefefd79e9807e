"""Which certificates are trusted when notices are sent: the system's, and those of `notices.ca_file`."""

import ssl

from commonsight.respond.notices.model import Failed
from commonsight.settings import Settings


def trusted(settings: Settings) -> ssl.SSLContext:
    """A context that checks certificates and names.

    Raises:
        Failed: `notices.ca_file` cannot be read.
    """
    context = ssl.create_default_context()
    if settings.notices.ca_file is not None:
        try:
            context.load_verify_locations(settings.notices.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Failed(f"notices.ca_file cannot be read: {type(error).__name__}") from None
    return context
