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
  document.addEventListener("click", (event) => {
    asked = event.target.closest?.("button.add")?.closest(".entries")?.id || null;
  });
  document.addEventListener("htmx:after:swap", () => {
    say();
    const list = asked && document.getElementById(asked);
    asked = null;
    list?.querySelector("fieldset.entry:last-of-type :is(input, select, textarea):not([type=hidden])")?.focus();
  });
  // What is typed is not left by mistake.
  const form = document.getElementById("row-form");
  let dirty = Boolean(document.getElementById("problems") || document.getElementById("conflict"));
  form?.addEventListener("input", () => { dirty = true; });
  form?.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  (document.getElementById("problems") || document.getElementById("conflict"))?.focus();
})();
