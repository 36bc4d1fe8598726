// Small comforts on top of pages that work without scripts: each finds its own elements or does nothing.
"use strict";

// A double press sends once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 8000);
});

// Errors are read out first.
const summary = document.getElementById("problems");
if (summary) summary.focus();

// The phone's own position, only when asked for.
const locate = document.querySelector("[data-locate]");
if (locate && "geolocation" in navigator) {
  locate.hidden = false;
  const said = document.querySelector("[data-located]");
  locate.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition((found) => {
      document.getElementById("lat").value = found.coords.latitude.toFixed(5);
      document.getElementById("long").value = found.coords.longitude.toFixed(5);
      document.getElementById("long").dispatchEvent(new Event("input", { bubbles: true }));
      said.textContent = locate.dataset.done;
    }, () => { said.textContent = locate.dataset.failed; });
  });
}

// The link can be copied with one press.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = button.dataset.done;
  });
}

// Services are sieved while one types.
const search = document.querySelector("[data-filter]");
if (search) {
  const items = [...document.querySelectorAll("[data-words]")];
  const fold = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "")
    .replace(/[يى]/g, "ی").replace(/ك/g, "ک").replace(/[أإآ]/g, "ا").replace(/\u200c/g, " ");
  search.addEventListener("input", () => {
    const wanted = fold(search.value).trim().split(/\s+/);
    for (const item of items) item.hidden = !wanted.every((word) => item.dataset.words.includes(word));
    for (const group of document.querySelectorAll("[data-group]")) {
      group.hidden = !group.querySelector("[data-words]:not([hidden])");
    }
  });
}

// While one writes where it is, open reports of the same matter are shown: is it one of these?
const near = document.querySelector("[data-nearby]");
if (near) {
  const form = near.closest("form");
  const list = near.querySelector("ul");
  const seen = form.elements.seen;
  let waiting = 0;
  let asked = "";
  const row = (each) => {
    const item = near.querySelector("template").content.cloneNode(true);
    const radio = item.querySelector("input");
    radio.value = each.id;
    radio.id = `follow-${each.id}`;
    item.querySelector("label").htmlFor = radio.id;
    item.querySelector("[data-place]").textContent = each.address || each.id;
    item.querySelector("[data-words]").textContent = each.words;
    item.querySelector("[data-about]").textContent = [each.status, each.day, each.others].filter(Boolean).join(" · ");
    item.querySelector("a").href = each.url;
    return item;
  };
  const look = async () => {
    const place = { address: form.elements.address.value, lat: form.elements.lat.value, long: form.elements.long.value };
    const query = new URLSearchParams({ service: near.dataset.service, ...place }).toString();
    if (query === asked || !(place.address.trim().length > 3 || (place.lat && place.long))) return;
    asked = query;
    try {
      const answer = await fetch(`${near.dataset.nearby}?${query}`);
      const found = answer.ok && asked === query ? await answer.json() : [];
      list.replaceChildren(...found.map(row));
      near.hidden = !found.length;
      seen.value = found.map((each) => each.id).join(" ");
    } catch { asked = ""; } // no network just now: the question comes after sending
  };
  for (const name of ["address", "lat", "long"]) {
    form.elements[name].addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 500); });
  }
}

// Photos go straight to the store while one still writes; whatever does not get there goes with the form.
const photos = document.querySelector("input[type=file][data-uploads]");
if (photos && window.DataTransfer) {
  const form = photos.form;
  const said = document.createElement("p");
  said.className = "quiet";
  said.setAttribute("role", "status");
  photos.after(said);
  const hint = document.getElementById(`${photos.id}-hint`);
  if (hint) hint.textContent = photos.dataset.hint; // the straight way takes more than the form
  class Refusal extends Error {}
  const send = async (file) => {
    if (file.size > Number(photos.dataset.most)) throw new Refusal(photos.dataset.huge);
    const asked = new URLSearchParams({ form_token: form.elements.form_token.value, type: file.type, name: file.name });
    const given = await fetch(photos.dataset.uploads, { method: "POST", body: asked });
    if (given.status === 400) throw new Refusal(photos.dataset.wrong);
    if (!given.ok) throw new Error("not invited");
    const { url, fields, value } = await given.json();
    const body = new FormData();
    for (const [name, text] of Object.entries(fields)) body.append(name, text);
    body.append("file", file);
    const sent = await fetch(url, { method: "POST", body });
    if (!sent.ok) throw new Error("not taken"); // the form carries it, or says why it cannot
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "upload", value });
    form.append(field);
  };
  const keep = (files) => {
    const rest = new DataTransfer();
    for (const file of files) rest.items.add(file);
    photos.files = rest.files;
  };
  const there = [];
  const sendAll = async () => {
    const refused = [];
    for (const file of [...photos.files]) {
      try {
        if (file.type) await send(file); // without a type only the bytes tell, and the form's reader looks
        else continue;
        there.push(file.name);
      } catch (error) {
        if (!(error instanceof Refusal)) break; // no way there: the form itself carries the rest
        refused.push(`${file.name}: ${error.message}`);
      }
      keep([...photos.files].filter((each) => each !== file));
    }
    said.className = refused.length ? "error kept" : "quiet";
    const lines = there.length ? [...refused, `${photos.dataset.sent} ${there.join(", ")}`] : refused;
    said.textContent = lines.join("\n");
  };
  let busy = null;
  photos.addEventListener("change", () => {
    said.textContent = photos.dataset.sending;
    const turn = busy = Promise.resolve(busy).then(sendAll).finally(() => { if (busy === turn) busy = null; });
  });
  form.addEventListener("submit", (event) => {
    if (busy) {
      event.preventDefault();
      event.stopImmediatePropagation();
      busy.then(() => form.requestSubmit(event.submitter));
      return;
    }
    const size = [...photos.files].reduce((sum, file) => sum + file.size, 0);
    if (size <= Number(photos.dataset.limit)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    said.className = "error";
    said.textContent = photos.dataset.large;
    photos.focus();
  }, true);
}

// What was written is kept on this device until it is sent.
const draft = document.querySelector("form[data-draft]");
if (draft && window.sessionStorage) {
  const key = draft.dataset.draft;
  const fields = [...draft.querySelectorAll("textarea, input[type=text], input[type=email], input[type=tel], select")];
  const kept = JSON.parse(sessionStorage.getItem(key) || "{}");
  for (const field of fields) if (!field.value && kept[field.name]) field.value = kept[field.name];
  draft.addEventListener("input", () => {
    sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(fields.map((f) => [f.name, f.value]))));
  });
}
for (const done of document.querySelectorAll("[data-forget]")) sessionStorage.removeItem(done.dataset.forget);

// A map is fetched only when somebody asks for it.
for (const button of document.querySelectorAll("[data-show-map]")) {
  const box = document.getElementById(button.dataset.showMap);
  if (!box) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    button.hidden = true;
    box.dataset.shown = "yes";
    const show = () => {
      box.dispatchEvent(new CustomEvent("map:show", { bubbles: true }));
      box.querySelector("[tabindex]").focus();
    };
    if (window.cityMaps) { show(); return; }
    const script = document.createElement("script");
    script.src = box.dataset.script;
    script.addEventListener("load", show);
    document.head.append(script);
  });
}
