// Small helps. Every page works without them.
(() => {
  "use strict";
  // Leaving: hide the page at once, and keep it out of the browser's history.
  const leave = () => {
    document.documentElement.hidden = true;
    document.title = "";
    location.replace("/leave/");
  };
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    if (event.target.closest?.(".leave")) {
      event.preventDefault();
      leave();
    }
    // From the list of mistakes straight into the field, with no new step for the Back button.
    const wrong = event.target.closest?.(".problem a");
    if (wrong) {
      event.preventDefault();
      document.querySelector(wrong.hash)?.focus();
    }
  });
  // Escape three times within a second and a half leaves too.
  let presses = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    presses = [...presses.filter((time) => event.timeStamp - time < 1500), event.timeStamp];
    if (presses.length > 2) leave();
  });
  // After a swap the reader starts at the new heading, or at what is wrong.
  const settle = (swapped) => {
    const problem = document.querySelector("main .problem");
    const start = problem || (swapped && document.querySelector("main h1"));
    if (!start) return;
    if (swapped) scrollTo(0, 0);
    start.tabIndex = -1;
    start.focus({ preventScroll: Boolean(swapped) });
  };
  const offline = (shown) => {
    const note = document.getElementById("offline");
    if (note) note.hidden = !shown;
  };
  document.addEventListener("htmx:after:swap", () => {
    offline(false);
    settle(true);
  });
  // A page that comes back with a mistake is the same page: it makes no new step for the Back button.
  document.addEventListener("htmx:before:history:update", (event) => {
    const step = event.detail.history;
    if (step.path === location.pathname + location.search) step.type = "replace";
  });
  document.addEventListener("htmx:error", () => offline(true));
  settle(false);
})();
