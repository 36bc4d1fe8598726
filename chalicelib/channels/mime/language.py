"""A guess at the language of some words: script first, then frequent small words."""

from __future__ import annotations

import re
from collections import Counter

from chalicelib.channels import bounds

_WORD = re.compile(r"[^\W\d_]+")
_SMALL_WORDS = {
    "en": "the and is are was were to of in on for with that "
    "this have has you it not we my i at be from there",
    "es": "el la los las de que y en un una es por con para "
    "se no está hay mi su del al lo como pero muy",
    "fr": "le la les de des et en un une est pour dans que qui "
    "pas sur je nous vous il a au avec ce du mon",
    "de": "der die das und ist nicht ein eine zu den im mit auf "
    "für von sich es ich wir sie dem des bei auch",
    "it": "il la le di che e un una è per con non sono del "
    "della nel alla gli questo ho mi si da come più",
    "pt": "o a os as de que e em um uma é para com não do da "
    "no na por se está meu minha mas muito há ao",
    "nl": "de het een en van is in op te dat niet voor met "
    "zijn er aan ik we bij ook naar deze maar wij",
    "pl": "i w na z do nie jest się że to jak po przy od dla czy mnie ale już są oraz który proszę",
    "tr": "ve bir bu için ile çok da de ne var yok mi olarak "
    "gibi daha ama sonra kadar değil benim lütfen",
    "sv": "och är det att en ett på som för med inte av den till har jag vi om men från kan nu så",
    "da": "og er det at en et på som for med ikke af den til har jeg vi om men fra kan nu så der",
    "cs": "a je na v se že to s z do pro ale jako není jsem by si od po tak když už prosím",
    "ro": "și în este nu de la un o pe cu că pentru din sau mai care sunt am fost dar ca să acest",
    "hu": "a az és hogy nem egy van ez is de meg már csak kérem mert vagy volt még itt ha",
    "vi": "và là của có không cho tôi đã được trong một này với các những người ở bị",
    "id": "dan yang di ini itu dengan untuk tidak dari ada pada saya kami akan sudah ke atau juga",
    "fi": "ja on ei että se en ole oli myös mutta kun niin tämä minun meidän kanssa hän voi",
}
# What people write to a city, and letters that only one language has.
_POLITE_WORDS = {
    "en": "thanks thank hello dear street regards please lamp",
    "es": "gracias hola saludo saludos calle buenos señor señora sigue favor",
    "fr": "merci bonjour rue cordialement toujours monsieur madame",
    "de": "danke hallo grüße straße immer noch bitte guten",
    "it": "grazie buongiorno via saluti ancora gentile",
    "pt": "obrigado obrigada olá rua continua bom",
    "nl": "groeten dank straat hallo nog steeds beste",
    "pl": "pozdrawiam dziękuję dzień dobry ulica nadal",
    "tr": "teşekkürler merhaba sokak cadde lütfen saygılarımla",
    "fi": "kiitos hei terveisin katu yhä terveisiä",
    "cs": "děkuji děkuju dobrý den ulice pořád",
    "ro": "mulțumesc bună ziua strada",
    "hu": "köszönöm tisztelt utca üdvözlettel",
    "sv": "tack hej hälsningar gatan fortfarande",
    "da": "tak hilsen vej stadig",
    "vi": "cảm ơn xin chào đường",
}
_LETTERS = {
    "tr": "ğıİ",
    "vi": "ạảấầẩẫậắằẳẵặẹẻẽếềểễệọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđ",
    "cs": "řěů",
    "pl": "łąęźż",
    "hu": "őű",
    "ro": "țș",
    "es": "ñ¿¡",
    "de": "ß",
}
_LANGUAGES: dict[str, list[str]] = {}
for _table in (_SMALL_WORDS, _POLITE_WORDS):
    for _language, _words in _table.items():
        for _word in _words.split():
            _LANGUAGES.setdefault(_word, []).append(_language)


def guess_language(text: str) -> str:
    """A language code, or nothing when the words do not say."""
    text = text[: bounds.LANGUAGE_SAMPLE]
    if text.isascii():
        return _by_words(text)
    scripts = Counter(_script(letter) for letter in text if letter.isalpha())
    if not scripts:
        return ""
    script, _ = scripts.most_common(1)[0]
    if scripts["kana"] * 20 >= scripts["han"] and scripts["kana"] and script in ("han", "kana"):
        return "ja"
    return _BY_SCRIPT.get(script) or _by_letters(script, text)


_BY_SCRIPT = {"han": "zh", "hangul": "ko", "greek": "el", "hebrew": "he", "thai": "th"}
_BY_SCRIPT |= {"devanagari": "hi", "armenian": "hy", "georgian": "ka", "kana": "ja"}
_RANGES = (
    (0x0250, "latin"),
    (0x0370, ""),
    (0x0400, "greek"),
    (0x0530, "cyrillic"),
    (0x0590, "armenian"),
    (0x0600, "hebrew"),
    (0x0780, "arabic"),
    (0x0900, ""),
    (0x0980, "devanagari"),
    (0x0E00, ""),
    (0x0E80, "thai"),
    (0x10A0, ""),
    (0x1100, "georgian"),
    (0x1200, "hangul"),
    (0x1E00, ""),
    (0x1F00, "latin"),
    (0x2000, "greek"),
    (0x3040, ""),
    (0x3100, "kana"),
    (0x3400, ""),
    (0xA000, "han"),
    (0xAC00, ""),
    (0xD7B0, "hangul"),
    (0xFB50, ""),
    (0xFF00, "arabic"),
)


def _script(letter: str) -> str:
    number = ord(letter)
    return next((name for end, name in _RANGES if number < end), "")


def _by_letters(script: str, text: str) -> str:
    if script == "arabic":
        persian = sum(text.count(letter) for letter in "پچژگکی")
        return "fa" if persian * 2 > sum(text.count(letter) for letter in "ةيكىأإ") else "ar"
    if script == "cyrillic":
        return "uk" if any(letter in text for letter in "іїєґІЇЄҐ") else "ru"
    return _by_words(text)


def _by_words(text: str) -> str:
    words = [word.lower() for word in _WORD.findall(text)]
    votes = Counter(language for word in words for language in _LANGUAGES.get(word, ()))
    for language, letters in _LETTERS.items():
        votes[language] += 2 * sum(text.count(letter) for letter in letters)
    ranked = votes.most_common(2)
    if ranked[0][1] < 2 or ranked[0][1] == ranked[1][1]:
        return ""
    return ranked[0][0]
