// Shows the preview while somebody types. Without this script the Preview button does the same.
(() => {
  const form = document.querySelector("form[data-preview]");
  const box = document.getElementById("preview");
  if (!form || !box) return;
  const part = (name) => box.querySelector(`[data-part="${name}"]`);
  const words = box.dataset;
  const list = (name, lines) => part(name).replaceChildren(...lines.map((line) => {
    const item = document.createElement("li");
    item.textContent = line;
    return item;
  }));
  const say = (name, text, direction) => {
    part(name).textContent = text || "";
    if (direction) part(name).dir = direction;
  };
  const draw = (seen) => {
    box.hidden = false;
    list("problems", seen.problems.map((p) => `${p.part}, ${words.line} ${p.line}: ${p.message}`));
    list("jargon", seen.jargon.map(([word, plain]) => `${word} → ${plain}`));
    say("subject", seen.subject);
    say("text", seen.text, seen.direction);
    say("sms", seen.sms && seen.sms.text, seen.direction);
    say("cost", seen.sms && words.cost.replace(/\{(\w+)\}/g, (_, name) => seen.sms[name]));
    say("reading", seen.problems.length ? "" : [
      seen.ease === null ? "" : `${words.ease} ${seen.ease}`,
      `${words.longest} ${seen.longest_sentence}`,
    ].filter(Boolean).join("; "));
    say("unused", seen.unused.length ? `${words.unused} ${seen.unused.join(", ")}` : "");
    if (!seen.problems.length) showMail();
  };
  // The mail itself goes into its frame by a form, as the button does it.
  const showMail = () => {
    const sent = document.createElement("form");
    Object.assign(sent, { method: "post", action: words.mail, target: "mail-frame", hidden: true });
    for (const [name, value] of new FormData(form)) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      sent.append(field);
    }
    document.body.append(sent);
    sent.submit();
    sent.remove();
  };
  let waiting, latest = 0;
  const ask = async () => {
    const turn = ++latest;
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.dataset.preview, { method: "POST", body });
    if (answer.ok && turn === latest) draw(await answer.json());
  };
  if (!box.hidden && !part("problems").children.length) showMail();
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => ask().catch(() => {}), 300);
  });
})();
