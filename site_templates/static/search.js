// Search as you type: shows the API's results instead of the page's own content.
//
// The URL has the search (?q=TERM&p=PAGE), so that it can be shared, and the Back button works.
// search.html has the markup, as templates. Values from GitHub become text and URLs, never markup.
"use strict";

(() => {
  const PAUSE = 200; // ms without input, before the API is asked
  const PATIENCE = 10_000; // ms, before a request is given up
  const QUIET = 700; // ms without a new result, before screen readers announce the last one

  const [form, results, listing] = ["search", "results", "listing"].map((id) =>
    document.getElementById(id),
  );
  const box = form.elements.q;
  const title = document.title;
  const site = document.querySelector(".brand").textContent.trim();

  let current = readSearch(location.href); // the search that is shown; without a term, none
  let request = new AbortController(); // the newest request; replies to older ones are ignored
  let pause, quiet;
  let views, loading; // search.html, and a promise that ends when it is loaded or has failed

  function readSearch(url) {
    const parameters = new URL(url).searchParams;
    const page = parameters.get("p");
    const term = (parameters.get("q") ?? "").trim();
    return { term, page: /^[1-9]\d{0,8}$/.test(page) ? Number(page) : 1 };
  }

  function urlOf({ term, page }) {
    const url = new URL(location.href);
    url.hash = "";
    url.searchParams.delete("q");
    url.searchParams.delete("p");
    if (term) url.searchParams.set("q", term);
    if (page > 1) url.searchParams.set("p", page);
    return url.href;
  }

  function navigate(search, { replace, focus } = {}) {
    const url = urlOf(search);
    if (url !== location.href) history[replace ? "replaceState" : "pushState"](null, "", url);
    show(search, focus);
  }

  async function show(search, focus) {
    clearTimeout(pause);
    request.abort();
    const own = (request = new AbortController());
    current = search;
    document.title = search.term ? `${search.term} - Users found - ${site}` : title;
    if (!search.term) return display();

    results.parentElement.setAttribute("aria-busy", "true");
    const clock = setTimeout(() => own.abort(), PATIENCE);
    const loaded = load();
    let answer, view;
    try {
      answer = await ask(search, own.signal).finally(() => loaded);
      if (!views) throw new Error(`no ${form.dataset.views}`);
      view = drawResults(search, answer);
    } catch (error) {
      if (own === request) console.warn("The search failed:", error);
    }
    clearTimeout(clock);
    if (own !== request) return;
    if (view && answer.pages > 0 && search.page > answer.pages) {
      return navigate({ ...search, page: answer.pages }, { replace: true, focus });
    }
    display(view ?? drawFailure(), !view);
    const heading = results.querySelector("[tabindex]");
    if (focus) heading.focus(); // screen readers announce it
    else announce(heading.textContent);
  }

  async function ask({ term, page }, signal) {
    const query = new URLSearchParams({ username: term, page, pagination: 25 });
    const response = await fetch(`${form.dataset.api}?${query}`, { signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.json();
  }

  /** Load the views once. The promise never rejects; if loading failed, there are no views. */
  function load() {
    return (loading ??= new Promise((done) => {
      // fetch() gives text. Parsing that as HTML is forbidden by a strict policy (Trusted Types).
      const loader = new XMLHttpRequest();
      loader.open("GET", form.dataset.views);
      loader.responseType = "document";
      loader.timeout = PATIENCE;
      loader.onloadend = () => {
        const view = loader.status === 200 && loader.response;
        if (view && view.querySelector("template")) views = view;
        else loading = undefined; // the next search tries again
        done();
      };
      loader.send();
    }));
  }

  /** Show a view, if there is one. Without a view, or *withListing*, show the listing. */
  function display(view, withListing) {
    results.replaceChildren(...(view ? [view] : []));
    results.hidden = !view;
    listing.hidden = Boolean(view) && !withListing;
    results.parentElement.removeAttribute("aria-busy");
    announce("");
  }

  function announce(text) {
    clearTimeout(quiet);
    quiet = setTimeout(() => (form.querySelector("[role=status]").textContent = text), QUIET);
  }

  /** Return an element that needs no views. */
  function make(name, className, textContent) {
    return Object.assign(document.createElement(name), { className, textContent, tabIndex: -1 });
  }

  /** Return a copy of a template with texts in its slots. */
  function draw(name, texts) {
    const view = document.importNode(views.getElementById(name).content, true);
    for (const slot of view.querySelectorAll("[data-slot]")) {
      slot.textContent = texts[slot.dataset.slot];
    }
    return view;
  }

  function drawFailure() {
    const text = "The search cannot be reached at the moment. The pages work as before.";
    return views ? draw("failed") : make("p", "alert alert-warning", text);
  }

  function drawResults({ term, page }, { profiles, total, pages }) {
    const number = new Intl.NumberFormat("en").format;
    const count = total === 1 ? "1 user" : `${total ? number(total) : "No"} users`;
    const view = draw("found", { what: count, term, place: `Page ${number(page)} of ${number(pages)}` });
    view.querySelector("tbody").append(...profiles.map(drawUser));
    view.querySelector(total ? "p" : "table").remove();
    view.querySelector("[data-to=listing]").href = urlOf({});
    const to = { first: 1, prev: page - 1, next: page + 1, last: pages };
    for (const link of view.querySelectorAll("nav a")) {
      const target = to[link.dataset.to];
      if (target < 1 || target > pages || target === page) continue;
      link.href = urlOf({ term, page: target });
      link.className = "btn btn-outline-primary";
      link.removeAttribute("aria-disabled");
    }
    if (pages < 2) view.querySelectorAll("[data-paged]").forEach((part) => part.remove());
    return view;
  }

  function drawUser({ id, username, type, avatar_url, html_url }) {
    const view = draw("user", { id, username, type });
    const isWeb = (url) => /^https?:\/\/[^/]/.test(url);
    const link = view.querySelector("a");
    if (isWeb(html_url)) link.href = html_url;
    else link.replaceWith(...link.childNodes);

    const [image, blank] = view.querySelectorAll("img, .blank");
    if (/^https:\/\/avatars\.githubusercontent\.com\/[^\s#,]+$/.test(avatar_url)) {
      const sized = `${avatar_url}${avatar_url.includes("?") ? "&" : "?"}s=`;
      image.srcset = `${sized}80 2x`;
      image.src = `${sized}40`;
    } else if (isWeb(avatar_url) || avatar_url.startsWith("data:image/svg+xml,")) {
      image.src = avatar_url;
    }
    (image.src ? blank : image).remove();

    const badges = [...view.querySelectorAll("[data-type]")];
    const badge = badges.find((badge) => badge.dataset.type === type) ?? badges.at(-1);
    badge.parentElement.replaceChildren(...(type ? [badge] : []));
    return view;
  }

  function searchTyped(force) {
    clearTimeout(pause);
    const term = box.value.trim();
    // A longer term replaces the history entry of the search, so that Back leaves the search.
    if (force || term !== current.term) navigate({ term, page: 1 }, { replace: term && current.term });
  }

  function clear() {
    box.value = "";
    box.focus();
    searchTyped();
  }

  box.addEventListener("focus", load, { once: true });

  // Text that an input method still composes is searched too: on Android, every word is composed.
  // This does not disturb the input method, because nothing writes to the box during typing.
  box.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(searchTyped, box.value.trim() ? PAUSE : 0);
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    searchTyped(true);
  });

  results.addEventListener("click", (event) => {
    const target = event.target.closest("button, [data-to]");
    if (target?.type === "button") return show(current, true);
    // With these keys, the browser opens a link in another tab or window.
    if (!target?.href || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (target.dataset.to === "listing") clear();
    else navigate(readSearch(target.href), { focus: true });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || !(box.value || current.term)) return;
    event.preventDefault();
    clear();
  });

  addEventListener("popstate", () => {
    const search = readSearch(location.href);
    if (search.term === current.term && search.page === current.page) return; // another #fragment
    box.value = search.term;
    show(search);
  });

  Object.assign(box, {
    name: "q",
    maxLength: 100,
    placeholder: "Find users",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: false,
    enterKeyHint: "search",
  });
  form.hidden = false;
  box.value = current.term; // a browser may restore another text on reload
  if (current.term) {
    // Isolates text of either direction, as <bdi> does.
    const heading = `Searching for “\u2068${current.term}\u2069”`;
    display(make("h1", "h4 text-break min-vh-100", heading));
    show(current);
  }
})();
