"""The HTML of a mail made harmless to look at: words, lists, tables, nothing that loads or acts; pure.

What comes out is shown in a frame that may do nothing, under a policy of its own; each of the three
would be enough.
"""

from __future__ import annotations

import re

from chalicelib.channels import bounds

# Imported where used: nh3 takes 4 ms, for the one page that shows a mail's layout.

TAGS = frozenset(
    re.findall(
        r"\w+",
        "a abbr b blockquote br caption cite code col colgroup dd del div dl dt em h1 h2 h3 h4 h5 h6 hr "
        "i ins li ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr tt u ul",
    )
)
ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
# What stands inside these is no text for a reader.
EMPTIED = frozenset(
    re.findall(
        r"\w+",
        "applet embed frameset head iframe math noembed noframes noscript object script select style "
        "svg template textarea title xmp",
    )
)


def safe_html(html: str) -> str:
    """`html` with allowed tags only; empty when it is too large to be worth the risk."""
    import nh3

    if not html or len(html) > bounds.LAYOUT_LETTERS or html.count("<") > bounds.LAYOUT_TAGS:
        return ""
    return nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags=set(EMPTIED),
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
