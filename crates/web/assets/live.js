// An open page hears at once that its person's role or membership changed. Everything else works without it.
"use strict";

{
  // Said only when the connection is gone for longer than most reloads take.
  const SILENCE = 5000;
  const FIRST_PAUSE = 500;
  const LONGEST_PAUSE = 15000;
  // A page that nobody looks at gives its connection back; browsers have few for one server.
  const UNSEEN = 20000;
  // A token may be old for a moment after a computer wakes up: ClerkJS renews it.
  const REFUSALS = 4;

  let url = document.body.dataset.live;
  let stream = null;
  let pause = FIRST_PAUSE;
  let refusals = 0;
  let over = !url;
  let again;
  let silence;
  let unseen;

  const connection = document.getElementById("connection");

  function connected() {
    pause = FIRST_PAUSE;
    refusals = 0;
    clearTimeout(silence);
    silence = undefined;
    connection.textContent = "";
    connection.classList.remove("pill", "pill-warning");
  }

  function lost() {
    if (over || document.visibilityState === "hidden") return;
    silence ??= setTimeout(() => {
      connection.textContent = connection.dataset.words;
      connection.classList.add("pill", "pill-warning");
    }, SILENCE);
    clearTimeout(again);
    // Not all browsers at the same moment when a server comes back.
    again = setTimeout(open, pause * (0.5 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }

  async function open() {
    if (over || stream) return;
    const mine = new AbortController();
    stream = mine;
    try {
      const answer = await fetch(url, { headers: { accept: "text/event-stream" }, cache: "no-store", signal: mine.signal });
      if (answer.status === 404) return replace("gone");
      if (answer.redirected || answer.status === 410) return replace("deleted");
      if (answer.status === 401 && (refusals += 1) > REFUSALS) return replace("ended");
      if (answer.ok && answer.headers.get("content-type")?.startsWith("text/event-stream")) {
        connected();
        await hear(answer.body);
      }
    } catch {
      // No network, a server that restarts, or a page that is not looked at.
    } finally {
      if (stream === mine) stream = null;
    }
    if (!mine.signal.aborted) lost();
  }

  // Events are parted by an empty line; each has a name and one line of JSON.
  async function hear(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += value;
      const parts = text.split("\n\n");
      text = parts.pop();
      for (const part of parts) {
        const field = (name) => part.split("\n").find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1).trim();
        if (field("event")) tell(field("event"), JSON.parse(field("data") ?? "{}"));
      }
    }
  }

  function tell(event, data) {
    if (["gone", "ended", "deleted"].includes(event)) return replace(event);
    const here = new URL(location.href);
    if (event === "access") {
      url = url.replace(/as=.*$/, `as=${data.as}`);
    } else if (event === "run") {
      return readAgain(data.seen);
    } else if (event === "moved") {
      url = url.replace(/^\/orgs\/[^/]+/, `/orgs/${data.slug}`);
      here.pathname = here.pathname.replace(/^\/orgs\/[^/]+/, `/orgs/${data.slug}`);
    } else {
      return undefined;
    }
    return say(data.text, here.href);
  }

  // What others did in the run that is shown; what one did oneself is there already.
  function readAgain(seen) {
    const again = document.getElementById("again");
    url = url.replace(/seen=[^&]*/, `seen=${seen}`);
    if (again && again.dataset.seen !== seen) again.dispatchEvent(new Event("again"));
  }

  // Stays until it is dismissed: what the page shows is from before.
  function say(words, href) {
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.dataset.watched = "";
    toast.dataset.live = "";
    const text = document.createElement("p");
    text.textContent = words;
    const reload = document.createElement("a");
    reload.className = "button button-small";
    reload.href = href;
    reload.textContent = "Load the page again";
    const dismiss = document.createElement("button");
    dismiss.className = "button button-quiet button-small";
    dismiss.type = "button";
    dismiss.dataset.dismiss = "";
    dismiss.textContent = "Dismiss";
    toast.append(text, reload, dismiss);
    const toasts = document.getElementById("toasts");
    toasts.querySelectorAll("[data-live]").forEach((earlier) => earlier.remove());
    toasts.append(toast);
  }

  // Nothing of the page may be seen or sent any more.
  function replace(reason) {
    over = true;
    stream?.abort();
    connected();
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    document.getElementById("toasts").replaceChildren();
    const words = document.getElementById(reason).content.cloneNode(true);
    document.querySelector(".shell").replaceWith(words);
    document.querySelectorAll("body > dialog").forEach((dialog) => dialog.remove());
    const main = document.getElementById("main");
    document.title = main.querySelector("h1").textContent;
    main.focus();
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(unseen);
    if (document.visibilityState === "hidden") {
      unseen = setTimeout(() => {
        stream?.abort();
        clearTimeout(again);
      }, UNSEEN);
    } else {
      pause = FIRST_PAUSE;
      open();
    }
  });
  window.addEventListener("pagehide", () => stream?.abort());
  window.addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  open();
}
