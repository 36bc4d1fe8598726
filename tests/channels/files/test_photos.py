"""A photo keeps its picture and tells nobody where, when and by whom it was taken."""

from __future__ import annotations

import random

import pytest

from chalicelib.channels.files.photos import place_of, thumbnail_of, without_metadata
from tests.photographs import SMALL, SPRINGFIELD, exif, jpeg, png

HEIC = (
    b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heicPIXELSExif\x00\x00" + exif() + b"MOREPIXELS"
)
WEBP_BODY = (
    b"WEBPVP8X\x0a\x00\x00\x00\x0c\x00\x00\x00" + bytes(6) + b"VP8 \x06\x00\x00\x00PIXELS"
    b"EXIF\x04\x00\x00\x00II*\x00"
)
WEBP = b"RIFF" + len(WEBP_BODY).to_bytes(4, "little") + WEBP_BODY
PHOTOS = {"jpeg": jpeg(), "png": png(), "heic": HEIC}


@pytest.mark.parametrize("photo", PHOTOS.values(), ids=PHOTOS)
def test_the_camera_says_where(photo: bytes) -> None:
    place = place_of(photo)
    assert place is not None
    assert place == pytest.approx(SPRINGFIELD, abs=0.0001)


@pytest.mark.parametrize("photo", PHOTOS.values(), ids=PHOTOS)
def test_what_is_kept_does_not_say_where(photo: bytes) -> None:
    bare = without_metadata(photo)
    assert place_of(bare) is None
    assert exif()[70:120] not in bare
    assert b"Ana Ortiz" not in bare


def test_the_picture_itself_stays_as_it_was_and_as_it_was_turned() -> None:
    bare = without_metadata(jpeg())
    assert b"PIXELS\xff\x00\xd9MORE\xff\xd9" in bare
    assert b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06" in bare
    assert without_metadata(png()).endswith(b"IEND\xaeB`\x82")


def test_what_hangs_behind_the_end_is_cut() -> None:
    assert without_metadata(jpeg(tail=jpeg())) == without_metadata(jpeg())
    assert b"secret" not in without_metadata(png() + b"secret")


def test_a_webp_loses_its_block_and_says_so() -> None:
    bare = without_metadata(WEBP)
    assert b"EXIF" not in bare and b"PIXELS" in bare
    assert bare[20] == 0
    assert int.from_bytes(bare[4:8], "little") == len(bare) - 8


def test_the_cameras_small_picture_is_found() -> None:
    assert thumbnail_of(jpeg()) == SMALL
    assert thumbnail_of(jpeg(exif())) == b""
    assert thumbnail_of(jpeg(exif(small=b"<svg onload=alert(1)>"))) == b""


def test_marks_may_be_filled_up() -> None:
    filled = jpeg().replace(b"\xff\xe1", b"\xff" * 1_000 + b"\xe1")
    assert place_of(filled) == place_of(jpeg())
    assert without_metadata(filled) == without_metadata(jpeg())


def test_stripping_twice_is_stripping_once() -> None:
    for photo in (*PHOTOS.values(), WEBP):
        bare = without_metadata(photo)
        assert without_metadata(bare) == bare


def test_what_is_no_photo_is_left_alone() -> None:
    for content in (b"", b"words", b"%PDF-1.7", b"GIF89a", b"RIFF1234WAVE"):
        assert without_metadata(content) == content
        assert place_of(content) is None


@pytest.mark.parametrize("seed", range(3))
def test_damage_never_raises_and_never_tells_the_place(seed: int) -> None:
    dice = random.Random(seed)
    for photo in (*PHOTOS.values(), WEBP):
        for _ in range(150):
            damaged = bytearray(photo)
            for _ in range(dice.randint(1, 6)):
                damaged[dice.randrange(2, len(damaged))] = dice.randrange(256)
            cut = bytes(damaged[: dice.randint(4, len(damaged))])
            assert place_of(without_metadata(cut)) is None
            assert len(thumbnail_of(cut)) < 66_000
