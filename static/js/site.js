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
    if (event.target.closest?.(".leave") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      leave();
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
  document.addEventListener("htmx:error", () => offline(true));
  settle(false);
})();
