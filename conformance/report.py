"""What came of it, for a terminal and as one page of HTML; judges nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from conformance.boxes import Mark, Tick, Verdict

MARKS = {
    Mark.REQUIRED: "required",
    Mark.OPTIONAL: "optional",
    Mark.DECIDED: "where the text is silent",
    Mark.EXTENSION: "extension",
}
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:64rem;padding:1rem}
body{color:#1b1b1b;background:#fff}
table{border-collapse:collapse;width:100%}
th,td{text-align:start;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #ccc}
.pass{color:#0b5d1e}.fail{color:#8f1010;font-weight:bold}.not{color:#555}
code{overflow-wrap:anywhere}
@media (max-width:40rem){
td,th{display:block;border:0;padding:.1rem .4rem}
tr{border-bottom:1px solid #ccc;display:block;padding:.4rem 0}
}
"""


def line(tick: Tick) -> str:
    """One box as a line of text."""
    told = f"{tick.verdict:<15}{tick.box.mark}  {tick.box.name:<24}{tick.box.title}"
    if tick.verdict is Verdict.FAIL:
        came = f"; came: {tick.came}" if tick.came else ""
        return f"{told}\n{'':<18}expected: {tick.expected}{came}"
    return f"{told} ({tick.came})" if tick.came else told


def summary(ticks: Sequence[Tick]) -> str:
    """How many of each."""
    counts = Counter(tick.verdict for tick in ticks)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)


def page(base: str, ticks: Sequence[Tick]) -> str:
    """The report as a page that needs nothing else."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    rows = "\n".join(_row(tick) for tick in ticks)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Open311 GeoReport v2: {escape(base)}</title><style>{STYLE}</style></head>
<body><main><h1>Open311 GeoReport v2</h1>
<p><code>{escape(base)}</code>, {now}: {escape(summary(ticks))}.</p>
<table><thead><tr><th scope="col">Box</th><th scope="col">Mark</th><th scope="col">Demand</th>
<th scope="col">Verdict</th></tr></thead>
<tbody>
{rows}
</tbody></table></main></body></html>
"""


def _row(tick: Tick) -> str:
    kind = tick.verdict.split()[0]
    said = "".join(
        f"<br>{label} <code>{escape(words)}</code>"
        for label, words in (("expected", tick.expected), ("came", tick.came))
        if words
    )
    return (
        f"<tr><td><code>{escape(tick.box.name)}</code></td><td>{MARKS[tick.box.mark]}</td>"
        f"<td>{escape(tick.box.title)}</td>"
        f'<td><span class="{kind}">{tick.verdict}</span>{said}</td></tr>'
    )
