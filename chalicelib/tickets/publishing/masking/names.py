"""Names of people within folded text: those we know, and those that the words around give away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from chalicelib.tickets.publishing.masking.rules import Span, rule, spans_of

# Latin letters: names have capitals.
_SMALL = r"(?:de la|de los|de las|del|de|da|van der|van|von|bin|al|y)"
_CAP = r"[A-ZÀ-ÖØ-Þ][\w'-]+"
_PERSON = rf"(?:{_CAP}|[A-Z]\.)(?:[ ](?:{_SMALL}[ ])?(?:{_CAP}|[A-Z]\.)){{0,3}}"
_FULL = rf"{_CAP}[ ](?:(?:[A-Z]\.|{_SMALL})[ ])?{_CAP}"
_SHORT = (
    r"(?=[\w'-]{2,80}[ ])"  # where no word in front says where to begin: else "A-A-A-" is a square
)
_NO_NAME = (
    "(?!(?:The|This|That|There|It|We|You|They|My|Our|Your|Street|Road|Avenue|Lane|Park|Square"
    "|City|Council|Hall|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January"
    "|February|March|April|June|July|August|September|October|November|December|Elm|Main|El|La"
    "|Los|Las|Calle|Please|Thanks|Thank|Not|No|Sorry|And|But|In|On|At|Of|Por|Gracias|Lunes"
    r"|Martes|Desde|Hay|Es|Muy|Disabled|Spanish|English|Persian|Chinese)\b)"
)
_TITLES = (
    r"(?:(?i:mr|mrs|ms|miss|mx|dr|prof|sr|sra|srta|d[ªa])\.?"
    "|(?i:mister|madam|señora?|señorita|don|doña|aunt|uncle))"
)
_CALLED = (
    "(?i:my name is|my name's|name:|nombre:|me llamo|mi nombre es|se llaman?|llamad[oa]|named"
    "|goes by|signed(?: by)?:?|firmado:?)"
)
_KIN = (
    "(?i:neighbou?rs?|landlord|landlady|tenant|owner|husband|wife|son|daughter|mother|father"
    "|brother|sister|friend|vecin[oa]s?|dueñ[oa]|inquilin[oa]|propietari[oa]|marido|mujer|esposa"
    "|hij[oa]|madre|padre|herman[oa]|amig[oa])"
)
_ACTS = (
    "(?:lives|lived|told|said|says|owns|parks|keeps|works|saw|threw|dumps|dumped|vive|dijo|dice"
    "|aparca|tira|tiró|trabaja)"
)
_OF = "(?i:belongs to|owned by|parked by|dumped by|written by|pertenece a|es de|propiedad de)"
_FAREWELLS = (
    "(?i:(?:kind |best |warm )?regards|sincerely|yours(?: sincerely| truly| faithfully)?"
    "|thank you|thanks|cheers|atentamente|un saludo|saludos(?: cordiales)?|gracias)"
)
_ASKED = (
    "(?i:ring|call|ask for|contact|speak to|talk to|preguntar? por|preguntad por|contactar con"
    "|hablar con|llamar a|avisar a|un tal|una tal|(?:guy|man|woman|boy|girl|lady) called)"
)
_NO_ROAD = "(?![ ]+(?i:street|road|avenue|lane|park|square|school|st|rd))"
_LATIN = (
    rf"\b{_TITLES}[ ]+(?P<name>{_NO_NAME}{_PERSON})",
    rf"\b{_CALLED}[ ]+(?P<name>{_PERSON})",
    rf"\b(?i:i am|i'm|this is|called|soy|con)[ ]+(?P<name>{_NO_NAME}{_FULL})\b{_NO_ROAD}",
    rf"\b{_ASKED}[ ]+(?P<name>{_NO_NAME}{_PERSON})",
    rf"\b(?i:i am|i'm|this is|soy)[ ]+(?P<name>{_NO_NAME}{_CAP})(?=,|[ ]+(?:from|here|of|de|del|aquí)\b)",
    rf"\b{_KIN},?[ ]+(?P<name>{_NO_NAME}{_PERSON})",
    rf"\b(?P<name>{_NO_NAME}{_SHORT}{_FULL})[ ]+(?:\([^)]{{1,20}}\)[ ]+)?{_ACTS}\b",
    rf"\b{_OF}[ ]+(?P<name>{_NO_NAME}{_FULL})\b",
    rf"(?:^|\n|[.,!] ?)[ ]*{_FAREWELLS},?\s+(?:[-]\s*)?(?P<name>{_NO_NAME}{_PERSON})[ .]*(?=\n|$)",
)
# Persian: a title or a word of introduction, then one or two words that are nothing else.
_WORD = r"[آ-یءئؤأ\u200b]{2,}"
_STOP = (
    "(?!(?:و|که|را|از|در|به|با|تا|هم|هر|این|آن|ما|من|شما|او|هستم|هست|است|بود|شد|می\u200b?\\S*"
    "|همیشه|خیلی|دیروز|امروز|هنوز|باز|همسایه|ساکن|ماشین|خودرو|گفت|گفته|برای|روی|جلوی|کنار|صاحب"
    "|مالک|شهردار|رئیس|مسئول|محترم|ناراضی|شاکی|نگران|شهروند|یک|سلام|دکتر|مهندس)(?![آ-ی]))"
)
_FA_NAME = rf"{_STOP}{_WORD}(?:[ ]{_STOP}{_WORD})?"
_FA_TITLES = "(?<![آ-ی])(?:آقای|اقای|خانم|خانوم|جناب|سرکار|دکتر|مهندس|حاج)"
_FA_CALLED = (
    "(?<![آ-ی])(?:اسم من|نام من|اسمم|نامم|اسم او|اسمش|نامش|به نام|به اسم|نام و نام خانوادگی"
    "|با تشکر|با احترام)"
)
_PERSIAN = (
    rf"{_FA_TITLES}[ ]+(?:(?:آقای|خانم|دکتر|مهندس)[ ]+)?(?P<name>{_FA_NAME})",
    rf"{_FA_CALLED}\s*[:،]?\s*(?P<name>{_FA_NAME})",
    rf"(?<![آ-ی])من[ ]+(?P<name>{_FA_NAME})[ ]+هستم",
    rf"(?:^|سلام|[،.!\n])[ ]*(?P<name>{_FA_NAME})[ ]+هستم",
)
# Chinese: one of the surnames that nine people in ten have.
_SURNAME = (
    "(?:欧阳|上官|司马|诸葛|[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董"
    "袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史"
    "陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤])"
)
_ZH_TITLES = "(?:先生|女士|小姐|太太|老师|师傅|医生|经理|阿姨|大爷|大妈)"
_ZH_CALLED = "(?:我叫|名叫|叫做|叫|我是|姓名|联系人|署名|业主|邻居|房东|租客|车主)"
_AFTER = r"(?=[,，。.;；、！!\s\0\d]|$|的|在|说|总|家|经常|每|把|住|电话)"
_CHINESE = (
    rf"{_ZH_CALLED}\s?[:是]?\s?(?P<name>{_SURNAME}[\u4e00-\u9fff]{{1,2}}?){_AFTER}",
    rf"(?P<name>{_SURNAME}[\u4e00-\u9fff]{{0,2}}?)(?={_ZH_TITLES})",
)
_RULES = (
    *(rule("latin", pattern, part="name") for pattern in _LATIN),
    *(rule("persian", pattern, part="name") for pattern in _PERSIAN),
    *(rule("chinese", pattern, part="name") for pattern in _CHINESE),
)


def names_in(folded: str, known: Sequence[str], kinds: frozenset[str]) -> Iterator[Span]:
    """Where people are named. `known` are people whose names are hidden wherever they stand."""
    for name in known:
        for pattern in _of_one(name):
            yield from (found.span() for found in pattern.finditer(folded))
    for name in {folded[start:end] for start, end in spans_of(_RULES, folded, kinds)}:
        yield from _everywhere(name, folded)


def _everywhere(name: str, folded: str) -> Iterator[Span]:
    """A name that was given away once, wherever else it stands."""
    edge = "" if _is_chinese(name) else r"(?!\w)"
    pattern = rf"(?<!\w){re.escape(name)}{edge}" if edge else re.escape(name)
    return (found.span() for found in re.finditer(pattern, folded))


@lru_cache(maxsize=64)
def _of_one(name: str) -> tuple[re.Pattern[str], ...]:
    """The whole name in any case; each part of it where it is written as a name."""
    parts = [part for part in re.split(r"[\s.,]+", name) if len(part) > 1 and "@" not in part]
    if not parts:
        return ()
    whole = r"[\s.,]+".join(map(re.escape, parts))
    patterns = [rf"(?i)(?<!\w){whole}(?!\w)"]
    patterns += [rf"(?<!\w){re.escape(p.capitalize())}(?!\w)" for p in parts if len(p) > 2]
    patterns += [re.escape(part) for part in parts if _is_chinese(part)]
    return tuple(map(re.compile, patterns))


def _is_chinese(text: str) -> bool:
    return all("\u4e00" <= letter <= "\u9fff" for letter in text)
