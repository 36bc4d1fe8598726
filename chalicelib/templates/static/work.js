// The work that is asked for when very many reports come from one network. Nothing leaves the page.
"use strict";
(async () => {
  const form = document.querySelector("[data-work]");
  if (!form || !window.crypto || !crypto.subtle) return; // the minute's wait, which the page names, is left
  const said = form.querySelector("[data-working]");
  const button = form.querySelector("button");
  const bits = Number(form.dataset.bits);
  const encoder = new TextEncoder();
  said.textContent = said.dataset.working;
  button.disabled = true;
  for (let answer = 0; ; answer++) {
    const digest = await crypto.subtle.digest("SHA-256", encoder.encode(`${form.dataset.work}:${answer}`));
    if (new DataView(digest).getUint32(0) >>> (32 - bits)) continue;
    form.elements.work_answer.value = String(answer);
    break;
  }
  button.disabled = false;
  said.textContent = said.dataset.done;
})();
