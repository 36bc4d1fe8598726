// Small pictures of photos, made here from the very file that the scanner called clean. Without
// scripts the file's name stands alone, as it does for what no browser can read.
"use strict";
(() => {
  const SIDE = 160;
  const MOST_BYTES = 4_400_000;
  const MOST_PIXELS = 60_000_000; // a few bytes can claim more than a computer has

  const jpegSize = (view) => {
    for (let at = 2; at + 9 < view.byteLength; at += 2 + view.getUint16(at + 2)) {
      const mark = view.getUint16(at);
      if (mark < 0xff00) return null;
      const isFrame = mark >= 0xffc0 && mark <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(mark);
      if (isFrame) return [view.getUint16(at + 7), view.getUint16(at + 5)];
    }
    return null;
  };
  const webpSize = (view) => {
    const kind = view.getUint32(12);
    if (kind === 0x56503858) return [1 + (view.getUint32(24, true) & 0xffffff), 1 + (view.getUint32(27, true) & 0xffffff)];
    if (kind === 0x56503820) return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
    const bits = view.getUint32(21, true);
    return [1 + (bits & 0x3fff), 1 + ((bits >> 14) & 0x3fff)];
  };
  const kindOf = (view) => {
    const head = view.getUint32(0);
    if (head >>> 8 === 0xffd8ff) return ["image/jpeg", jpegSize(view)];
    if (head === 0x89504e47) return ["image/png", [view.getUint32(16), view.getUint32(20)]];
    if (head === 0x47494638) return ["image/gif", [view.getUint16(6, true), view.getUint16(8, true)]];
    if (head === 0x52494646 && view.getUint32(8) === 0x57454250) return ["image/webp", webpSize(view)];
    return ["", null];
  };
  const draw = (picture) => {
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.setAttribute("aria-hidden", "true"); // the link beside it names the file
    return canvas;
  };
  const make = async (box) => {
    const answer = await fetch(box.dataset.photo);
    if (!answer.ok || Number(answer.headers.get("content-length")) > MOST_BYTES) return;
    const bytes = await answer.arrayBuffer();
    if (bytes.byteLength < 32 || bytes.byteLength > MOST_BYTES) return;
    const [type, size] = kindOf(new DataView(bytes));
    if (!size || size[0] * size[1] > MOST_PIXELS) return;
    const picture = await createImageBitmap(new Blob([bytes], { type }), { imageOrientation: "from-image" });
    box.replaceChildren(draw(picture));
    picture.close();
  };
  const fill = (box) => make(box).catch(() => {});
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      fill(target);
    }
  }, { rootMargin: "200px" });

  for (const box of document.querySelectorAll("[data-photo]")) {
    const own = box.querySelector("img"); // the camera's own small picture, when it made one
    if (!own || (own.complete && !own.naturalWidth)) seen.observe(box);
    else own.addEventListener("error", () => seen.observe(box));
  }
})();
