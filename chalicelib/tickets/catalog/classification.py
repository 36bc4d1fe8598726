"""Which service a citizen's own words mean; explainable: words found, weighed, nothing learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from chalicelib.tickets.catalog.published import UNCLASSIFIED, Catalog, Service
from chalicelib.tickets.model.wording import fold, is_spaced

CERTAIN = 3.0  # the weight at which the words leave little doubt
OTHER_LANGUAGE = 0.8  # a keyword of another language than the writer's counts a little less
NAME_WEIGHT = 1.5  # the service's own name says more than one keyword


class Keyword(NamedTuple):
    """A folded keyword as it is looked for: with spaces around it where its words are spaced."""

    needle: str
    is_spaced: bool
    locale: str
    weight: float


Index = Mapping[str, tuple[Keyword, ...]]
_INDEX: WeakKeyDictionary[Catalog, Index] = WeakKeyDictionary()


def classify(text: str, catalog: Catalog, locale: str = "en") -> tuple[str, float]:
    """The service that `text` means and how sure that is, from 0 to 1.

    Keywords of every language count, whatever the writer's. Nothing found, or two services found
    equally, gives `unclassified`: a person at the triage desk then decides.
    """
    folded, base = fold(text), locale.partition("-")[0]
    texts = {True: f" {folded} ", False: folded.replace(" ", "")}
    scores: dict[str, float] = {}
    for code, keywords in _index(catalog).items():
        weight = sum(_worth(k, base) for k in keywords if k.needle in texts[k.is_spaced])
        if weight:
            scores[code] = weight
    best = sorted(scores.items(), key=lambda item: -item[1])[:2]
    if not best or (len(best) == 2 and best[0][1] - best[1][1] < 0.1):
        return UNCLASSIFIED, 0.0
    return best[0][0], min(best[0][1] / CERTAIN, 1.0)


def _worth(keyword: Keyword, base: str) -> float:
    return keyword.weight if keyword.locale == base else keyword.weight * OTHER_LANGUAGE


def _index(catalog: Catalog) -> Index:
    """Keywords by service, folded once for a catalogue."""
    if catalog not in _INDEX:
        services = [s for s in catalog.services.values() if s.is_active]
        _INDEX[catalog] = {
            s.service_code: tuple(_keywords(s)) for s in services if s.service_code != UNCLASSIFIED
        }
    return _INDEX[catalog]


def _keywords(service: Service) -> Iterator[Keyword]:
    seen = set[str]()
    for locale, name in service.service_name.items():
        seen.add(fold(name))
        yield _keyword(fold(name), locale, NAME_WEIGHT)
    for locale, each in service.keywords.items():
        for word in map(fold, each):
            if word and word not in seen:
                seen.add(word)
                yield _keyword(word, locale, _weight(word))


def _keyword(word: str, locale: str, weight: float) -> Keyword:
    if is_spaced(word):
        return Keyword(f" {word} ", True, locale, weight)
    return Keyword(word.replace(" ", ""), False, locale, weight)


def _weight(word: str) -> float:
    """A phrase says more than a word, a long Chinese word more than a short one."""
    size = len(word.split()) if is_spaced(word) else max(len(word) // 2, 1)
    return 1.0 + 0.5 * min(size - 1, 3)
