// ClerkJS hands its parameters to the hosted pages in the fragment (#/?redirect_url=…), which no server sees.
// Move them into the query; parameters that are there already win.
(() => {
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?");
  if (!search && !path.startsWith("tasks")) return;
  const url = new URL(location.href);
  url.hash = "";
  if (path.startsWith("tasks") && url.pathname === "/sign-in") url.pathname = "/sign-in/tasks";
  for (const [name, value] of new URLSearchParams(search || "")) {
    if (!url.searchParams.has(name)) url.searchParams.set(name, value);
  }
  location.replace(url);
})();
