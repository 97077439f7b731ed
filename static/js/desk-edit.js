// Small helps for the editing pages. Everything works without them.
(() => {
  "use strict";
  document.documentElement.classList.add("js");
  // From the list of mistakes into the field, opening what it is folded into.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".edit-problems a, .preview a[href^='#']");
    const target = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!target) return;
    event.preventDefault();
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    const field = target.matches("input, select, textarea, button") ? target : target.querySelector("input, select, textarea") || target;
    field.focus();
    field.scrollIntoView({ block: "center" });
  });
  // The preview changes while one types: only a new number of mistakes is said aloud.
  const say = () => {
    const news = document.getElementById("preview-news");
    const status = document.getElementById("preview-status");
    if (news && status && status.textContent !== news.textContent) status.textContent = news.textContent;
  };
  // A new entry of a list: the reader starts in it.
  let asked = null;
  const entries = (list) => document.getElementById(list)?.querySelectorAll(":scope > fieldset.entry") || [];
  document.addEventListener("click", (event) => {
    const list = event.target.closest?.("button.add")?.closest(".entries")?.id;
    if (list) asked = { list, count: entries(list).length };
  });
  document.addEventListener("htmx:after:swap", () => {
    say();
    if (!asked || entries(asked.list).length <= asked.count) return;
    [...entries(asked.list)].pop().querySelector("input:not([type=hidden]), select, textarea").focus();
    asked = null;
  });
  // What is typed is not left by mistake.
  const form = document.getElementById("row-form");
  let dirty = Boolean(document.getElementById("problems") || document.getElementById("conflict"));
  form?.addEventListener("input", () => { dirty = true; });
  form?.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  (document.getElementById("problems") || document.getElementById("conflict"))?.focus();
})();
