"""How much the readers read: every limit of a header, list, body, file or field that comes from outside.

A limit never fails open. What lies behind one is marked on the message (`InboundMessage.cut`), or the
message is refused and its sender is told; nothing that was cut proves anything.

Not here is what reads nothing from outside or cuts nothing: what the city sends (texts, callbacks, files,
lists that are shown), what its rules allow (`tickets`), what the bodies of `/api/v1` may hold, which their
schemas say field by field, and how far the rules of quoting look (`mime/quoting`): of what lies behind
those nothing is taken for quoted, so all of it is shown as the sender's own words.
"""

from __future__ import annotations

# Headers of a mail. Whatever decides over a sender and is cut makes the mail nobody's.
HEADER_NAMES = 500  # different names in one head
HEADER_VALUES = 500  # values under one name
HEADER_LETTERS = 20_000  # letters of one value, its folds joined
HEAD_BYTES = 512_000  # bytes of one head
RECIPIENTS = 100  # recipients of one mail; whoever is behind them has no reply address
MESSAGE_IDS = 50  # the newest ids of a thread; older ones join nothing
SUBJECT = 300  # letters of a subject; a cut one ends with an ellipsis
SENDER_NAME = 120  # letters of a sender's name; a cut one ends with an ellipsis
CONTENT_ID = 200  # letters of an inline file's id; a longer one is no id

# What stands above a mail that SES stored: verdicts that are not in it whole are no verdicts.
SES_HEAD_BYTES = 65_536

# The body of a mail.
PARTS = 500  # parts in all
DEPTH = 30  # parts inside parts
BOUNDARIES = 20_000  # lines that look like a boundary, for each part
INNER_MAIL_BYTES = (
    1_000_000  # of a forwarded mail; more than `HEAD_BYTES`, which then marks its head
)
TEXT = 1_200_000  # letters of one text: a megabyte of new words, and what they quote
LINES = 20_000  # lines among which the new words are looked for
FORWARD_SEARCHED = 20_000  # letters in which the author of a forwarded mail is looked for
LANGUAGE_SAMPLE = 3_000  # letters that the language is guessed from
HTML_TOKENS = 80_000  # tags and texts that are laid out; what follows is read without its layout
TAG_LETTERS = 4_000  # of one tag's attributes, where the marks of a quotation are looked for

# The layout of a mail, for staff to look at: a larger one is not shown, and the words alone are.
LAYOUT_LETTERS = 400_000
LAYOUT_TAGS = 20_000  # nesting costs the sanitiser the square of its depth: 1.4 s for this many

# The files of a mail. Those left out are named to staff, and the sender is told.
FILES = 50
TNEF_OBJECTS = 2_000  # objects of a winmail.dat
TNEF_PROPERTIES = 200  # properties among which a file's long name is looked for
FILE_NAME = 120  # letters; a cut name keeps its extension

# Delivery reports. One that was cut settles nothing.
REPORT_BYTES = 200_000
REPORT_BLOCKS = 50  # recipients of one report
REASON = 300  # letters of what a provider or a host says went wrong

# A text message.
SMS_LETTERS = 4_000  # a carrier joins at most some 1,600; behind more, no keyword is believed
KEYWORD = 90  # letters; a text that says more is no keyword
SMS_ORIGIN = 40  # letters of an origin that is no number

# Forms, Open311 and the API: whatever is longer is refused, with the field's name.
WORDS = TEXT  # letters of what somebody has to say: kept whole, shown by its beginning
STANDARD_WORDS = 4_000  # letters of a description by Open311, as GeoReport v2 has it
PLACE = 400  # letters of an address
NAME = 200
URL = 2_000
ANSWER_LINE = 400  # letters of an answer on one line
ANSWER_TEXT = 4_000
PHOTOS = 5  # files of one form
UPLOAD_BYTES = 10_000_000  # of a photo that goes straight to the store
UPDATE_ID = 200
KEY = 400  # letters of an idempotency key of Open311
ORDER_KEY = 200  # letters of an idempotency key of a message to be sent
SUBMISSION = 64  # letters of a form's own key
REPLY_ADDRESS = 1_000  # letters in which a reply address is looked for

NOTE = 400  # letters of a note or reason that staff type; a cut one ends with an ellipsis

# Photos. Behind a bound metadata is blanked, not believed and not kept.
PHOTO_PIECES = 5_000
PHOTO_TAGS = 200

# Questions in an address: whatever is more is refused, but for the two that are cut.
SEARCH = 200  # letters; a search among services is cut, and shown as it was searched for
LANGUAGES = 500  # letters of an Accept-Language header; none is chosen behind them
DIGITS = 9  # of a whole number
LIST_SIZE = 100  # rows of a list of `/api/v1`
OPEN311_SIZE = 1_000  # requests of a page
OPEN311_IDS = 400  # four calls of the store, and as long as an address may be
OPEN311_WALKED = 10  # pages that are walked to a numbered one: each costs a question to the store

LOG_BYTES = 8_000_000  # unpacked; CloudWatch Logs hands over at most one megabyte

# Bodies of requests: whatever is larger is refused.
REQUEST_BYTES = 4_400_000  # API Gateway hands over 6 MB, base 64 included
REQUEST_FIELDS = 200
REQUEST_FILES = 10
JSON_DEPTH = 32


def shortened(text: str, most: int) -> str:
    """`text` in at most `most` letters; one that was cut ends with an ellipsis, so that it is seen."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def whole(text: str) -> int | None:
    """The whole number that `text` says in at most `DIGITS` digits of any script, and in nothing else."""
    return int(text) if text.isdecimal() and len(text) <= DIGITS else None
