"""Where a request comes from, as far as that can be known: used against guessing, never kept of a visitor."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

#: Whoever has an address of IPv6 has a whole network of this size, so the network counts as one place.
NETWORK = 64


def client_address(request: HttpRequest) -> str | None:
    """The address that the outermost of our own proxies saw.

    ``X-Forwarded-For`` grows to the right: every proxy adds the address that it was called from. Whatever stands left
    of what our own proxies (``settings.PROXIES`` of them) added was written by the caller and is not believed.
    """
    found = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(told) >= settings.PROXIES and _place(told[-settings.PROXIES]):
            found = told[-settings.PROXIES]
    return _place(found)


def _place(text: str) -> str | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None  # a socket file, for one, has no address
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), NETWORK), strict=False).network_address)
