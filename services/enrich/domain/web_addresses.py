"""What the address of a page tells: its site, whether it is somebody's profile, and which others are the same page."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

_TRACKING = re.compile(
    r"(?:^|&)(?:utm_\w+|gclid|gbraid|wbraid|fbclid|msclkid|dclid|igshid|mc_[ce]id|_hs\w+|yclid|ref|ref_src|cmpid|srsltid)=[^&]*"
)
_PLAIN = re.compile(r"https?://([a-z0-9.-]+)(?=[/?#]|$)")
"""An address that is written as most are: its host stands there as it is."""
_PROFILE = re.compile(r"/(?:in|pub|profile|profiles|people|person)/[^/?#]+")


@lru_cache(maxsize=4096)
def host_of(url: str) -> str:
    """The host a URL names, or empty. A row asks this of each of its sources several times over."""
    if plain := _PLAIN.match(url):
        return plain[1]
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def site_of(url: str) -> str:
    """The host without `www.`."""
    return host_of(url).removeprefix("www.")


def belongs_to(host: str, site: str) -> bool:
    """Whether a host is a site, or one below it."""
    return host == site or host.endswith(f".{site}")


def is_profile(url: str) -> bool:
    """Whether a page is one person's profile, as networks of people have them."""
    return _PROFILE.search(url) is not None


@lru_cache(maxsize=4096)
def page_of(url: str) -> str:
    """What is equal for two addresses of one page: without scheme, `www.`, tracking parameters, fragment and last slash."""
    bare = url.split("#", 1)[0].casefold()
    path, _, query = bare.partition("?")
    path = path.split("://", 1)[-1].removeprefix("www.").removesuffix("/")
    query = _TRACKING.sub("", query).lstrip("&") if query else ""
    return f"{path}?{query}" if query else path
