"""Networks: whose visitors count as one, and their mark; counts nothing."""

from __future__ import annotations

import ipaddress

from chalicelib.handlers.http.calls import Call

# One address of IPv4; of IPv6 what a household or an office is given.
PREFIXES = {4: 32, 6: 56}


def origin_of(call: Call) -> str:
    """A mark of the network that a call comes from, which nobody can turn back into its address."""
    try:
        address = ipaddress.ip_address(call.visitor_ip)
    except ValueError:
        return ""
    network = ipaddress.ip_network((address, PREFIXES[address.version]), strict=False)
    return call.services.signer.sign("origin", str(network)).partition(".")[2]
