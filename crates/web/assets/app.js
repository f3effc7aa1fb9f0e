// Small comforts on top of pages that work without them: dialogs, toasts, a suggested web address.
"use strict";

// Toasts leave after five seconds, later while pointed at or focused. Refusals stay until dismissed.
const TOAST_SECONDS = 5;

function watchToasts(root) {
  for (const toast of root.querySelectorAll(".toast:not([data-watched])")) {
    toast.dataset.watched = "";
    if (!toast.classList.contains("toast-danger")) leaveLater(toast);
  }
}

function leaveLater(toast) {
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) leaveLater(toast);
    else toast.remove();
  }, TOAST_SECONDS * 1000);
}

// A link with data-dialog leads to a page with the dialog open; with script it is a button that opens it in place.
function makeOpeners() {
  for (const link of document.querySelectorAll("a[data-dialog]:not([role])")) {
    if (!document.getElementById(link.dataset.dialog)) continue;
    link.setAttribute("role", "button");
    link.setAttribute("aria-haspopup", "dialog");
  }
}

function openDialog(link, event) {
  const dialog = document.getElementById(link.dataset.dialog);
  if (!dialog || typeof dialog.showModal !== "function") return;
  event.preventDefault();
  if (dialog.open) dialog.close();
  dialog.showModal();
}

// A dialog that the server sent open becomes a modal one.
function raiseOpenDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]:not(:modal)")) {
    dialog.close();
    dialog.showModal();
  }
}

document.addEventListener("click", (event) => {
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  const opener = event.target.closest("a[data-dialog]");
  if (opener && plain) openDialog(opener, event);
  const closer = event.target.closest("[data-close]");
  const dialog = closer?.closest("dialog");
  if (dialog) {
    event.preventDefault();
    dialog.close();
  }
  event.target.closest("[data-dismiss]")?.closest(".toast")?.remove();
});

// Buttons answer to the space bar too.
document.addEventListener("keydown", (event) => {
  const opener = event.key === " " ? event.target.closest("a[data-dialog][role=button]") : null;
  if (opener) openDialog(opener, event);
});

// A step of a draft is dragged before another; the buttons beside it do the same.
let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-drag]") ?? null;
  if (dragged) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest("[data-step]");
  document.querySelector(".dragged-over")?.classList.remove("dragged-over");
  if (!over || over === dragged) return;
  event.preventDefault();
  over.classList.add("dragged-over");
});
document.addEventListener("drop", (event) => {
  const over = dragged && event.target.closest("[data-step]");
  if (!over || over === dragged) return;
  event.preventDefault();
  const open = document.querySelector("input[name=open]")?.value ?? "";
  htmx.ajax("POST", dragged.dataset.drag, { values: { before: over.dataset.step, open }, target: "#main", swap: "innerMorph" });
});
document.addEventListener("dragend", () => {
  document.querySelector(".dragged-over")?.classList.remove("dragged-over");
  dragged = null;
});

// A menu closes when one of its actions is taken in place.
document.addEventListener("htmx:after:request", (event) => {
  // Not when the page reads itself again because of what others did.
  if ((event.detail?.ctx?.sourceElement ?? event.target)?.id === "again") return;
  for (const menu of document.querySelectorAll(".menu:popover-open")) {
    if (!menu.querySelector("input[name=theme]")) menu.hidePopover();
  }
});
document.addEventListener("htmx:after:swap", () => {
  watchToasts(document);
  makeOpeners();
});

// No answer at all: say so, and leave the page as it is.
document.addEventListener("htmx:error", () => {
  const toasts = document.getElementById("toasts");
  const text = toasts?.dataset.offline;
  if (!text) return;
  const toast = document.createElement("div");
  toast.className = "toast toast-danger";
  const words = document.createElement("p");
  words.textContent = text;
  toast.append(words);
  toasts.replaceChildren(toast);
  setTimeout(() => toast.remove(), 2 * TOAST_SECONDS * 1000);
});

// The web address follows the name until somebody writes it themselves.
function followName(slug) {
  const name = document.getElementById(slug.dataset.follows);
  if (!name || slug.value !== "") return;
  let own = false;
  slug.addEventListener("input", () => { own = slug.value !== ""; });
  name.addEventListener("input", () => {
    if (own) return;
    const plain = name.value.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
    slug.value = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 48).replace(/-+$/, "");
  });
}

document.addEventListener("DOMContentLoaded", () => {
  watchToasts(document);
  makeOpeners();
  raiseOpenDialogs();
  document.querySelectorAll("input[data-follows]").forEach(followName);
});
