// Keeps Clerk's session token fresh while a page is open, and the cookie on the organisation this tab shows.
// The page works without it: the server then renews the session by itself, with a redirect.
"use strict";

const script = document.querySelector("script[data-clerk-publishable-key]");
const organisation = document.body.dataset.organisation;

async function start() {
  const clerk = window.Clerk;
  if (!clerk) return;
  try {
    // The warning about development keys is for developers of Clerk's own components.
    await clerk.load({ telemetry: false, unsafe_disableDevelopmentModeConsoleWarning: true });
  } catch {
    return; // Unreachable: the server's renewal stands in.
  }
  window.addEventListener("focus", () => followTab(clerk));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") followTab(clerk);
  });
  followTab(clerk);
}

// One cookie, many tabs: the tab that is looked at decides which organisation the cookie names. No navigation.
async function followTab(clerk) {
  if (!organisation || !document.hasFocus() || !clerk.session) return;
  if (clerk.session.status !== "active" || clerk.organization?.id === organisation) return;
  try {
    await clerk.setActive({ organization: organisation });
  } catch {
    // No longer a member, or no network: the next request to the server says which.
  }
}

// Where the server knows of no session and Clerk does, only Clerk can end it.
document.querySelector("form[data-clerk-sign-out]")?.addEventListener("submit", async (event) => {
  const clerk = window.Clerk;
  if (!clerk?.loaded) return;
  event.preventDefault();
  const form = event.target;
  let sent = false;
  const send = () => {
    if (!sent) form.submit();
    sent = true;
  };
  try {
    await clerk.signOut(send);
  } catch {
    // Unreachable: signed out here, at least.
  }
  send();
});

if (window.Clerk) start();
else script?.addEventListener("load", start, { once: true });
