// Small comforts; every page works without them.
"use strict";

// The vendored sorter listens for clicks on headings; a button makes them work from the keyboard.
for (const heading of document.querySelectorAll("table.sortable thead th:not(.no-sort)")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "sort";
  button.append(...heading.childNodes);
  heading.append(button);
}

// Sending a large file takes a while: say so, and do not send it twice.
for (const form of document.querySelectorAll("form[data-sending]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("[type=submit]");
    button.setAttribute("aria-busy", "true");
    button.textContent = form.dataset.sending;
    window.setTimeout(() => { button.disabled = true; }, 0);
  });
}

// Coming back by the browser's history finds the form usable again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) { window.location.reload(); }
});
