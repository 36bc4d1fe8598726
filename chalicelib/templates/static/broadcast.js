// Moves the bar while a broadcast runs. Without this script the page is loaded again by its link.
(() => {
  const box = document.querySelector("[data-progress]");
  if (!box || !box.dataset.progress) return;
  const bar = box.querySelector("progress");
  const said = box.querySelector("[data-said]");
  const look = async () => {
    const answer = await fetch(box.dataset.progress);
    if (!answer.ok) return;
    const seen = await answer.json();
    bar.max = seen.rows || 1;
    bar.value = seen.done;
    if (said.textContent !== seen.said) said.textContent = seen.said;
    if (!seen.is_live) location.reload();
  };
  setInterval(() => look().catch(() => {}), 3000);
})();
