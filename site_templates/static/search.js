// Search as you type, and a field to jump to a page.
//
// A search shows its results instead of the page's own content. The URL has the search
// (?q=TERM&t=TYPE&p=PAGE), so that it can be shared, and the Back button works.
// search.html has the markup, as templates. Values from GitHub become text and URLs, never markup.
"use strict";

(() => {
  const PAUSE = 200; // ms without input, before the API is asked
  const PATIENCE = 10_000; // ms, before a request is given up
  const QUIET = 700; // ms without a new result, before screen readers announce the last one
  const PAGINATION = 25;
  const MANY_PAGES = 50; // from so many pages on, a page number can be typed
  const MAX_USERS = 20_000; // of a site without an API, to search them in the browser

  const [form, results, listing] = ["search", "results", "listing"].map((id) =>
    document.getElementById(id),
  );
  const box = form.elements.q;
  const title = document.title;
  const brand = document.querySelector(".brand"); // links to the first page
  const site = brand.textContent.trim();
  const number = new Intl.NumberFormat("en").format;

  let current = readSearch(location.href); // the search that is shown; without a term, none
  let request = new AbortController(); // the newest request; replies to older ones are ignored
  let users; // of a site without an API: the promise of `readUsers`
  let pause, quiet;
  let views, loading; // search.html, and a promise that ends when it is loaded or has failed

  // ---- The search, in the URL and in the box

  function readSearch(url) {
    const parameters = new URL(url).searchParams;
    const page = parameters.get("p");
    return {
      term: readTerm(parameters.get("q") ?? ""),
      type: parameters.get("t") ?? "",
      page: /^[1-9]\d{0,8}$/.test(page) ? Number(page) : 1,
    };
  }

  /** Return a text without blanks around it; empty if it has nothing to search for. */
  function readTerm(text) {
    return nameIn(text) && text.trim();
  }

  /** Return the part of a name, or the id, in a text such as @name, #id or github.com/name. */
  function nameIn(text) {
    // A server of GitHub Enterprise has another host.
    const host = /^\s*(?:https?:\/\/[^/\s]+|(?:www\.)?github\.com)\//i;
    const path = text.replace(host, "");
    if (path === text) return text.replace(/^[@#\s]+/, "").trim();
    return /^(?:(?:apps|orgs)\/)?([^/?#\s]*)/.exec(path)[1];
  }

  /** Return the digits of a name that may be an id, otherwise undefined. */
  function idIn(name) {
    // The API refuses larger numbers: no id is one.
    return /^\d{1,19}$/.test(name) && BigInt(name) < 2n ** 63n ? name.replace(/^0+(?=\d)/, "") : undefined;
  }

  /** Return *text* with A-Z as a-z, and all else unchanged, as the API compares names. */
  function fold(text) {
    return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  }

  function urlOf({ term, type, page }) {
    const url = new URL(location.href);
    url.hash = "";
    for (const name of ["q", "t", "p"]) url.searchParams.delete(name);
    if (term) url.searchParams.set("q", term);
    if (term && type) url.searchParams.set("t", type);
    if (page > 1) url.searchParams.set("p", page);
    return url.href;
  }

  function navigate(search, { replace, focus } = {}) {
    const url = urlOf(search);
    if (url !== location.href) history[replace ? "replaceState" : "pushState"](null, "", url);
    show(search, focus);
  }

  // ---- Asking

  /** Return the page of users that match; null if nothing here can find it. */
  async function ask(search, signal) {
    if (!users) {
      const answer = await askApi(search, signal);
      if (answer) return answer;
      users = readUsers();
      users.catch(() => (users = undefined)); // the next search tries again
    }
    const all = await users;
    return all && find(all, search);
  }

  /** Return the API's answer, undefined if there is no API. It has `byId` and `url` besides. */
  async function askApi({ term, type, page }, signal) {
    const name = nameIn(term);
    const get = async (filter) => {
      const query = new URLSearchParams({ ...filter, ...(type && { type }) });
      const url = `${form.dataset.api}?${query}`;
      const answer = await getJson(url, { signal });
      if (answer !== undefined && !Array.isArray(answer?.profiles)) throw new Error(`no users: ${url}`);
      return answer && { ...answer, url };
    };
    const id = idIn(name);
    const [answer, byId] = await Promise.all([
      get({ username: name, page, pagination: PAGINATION }),
      id && get({ id }),
    ]);
    return answer && { ...answer, byId: byId?.profiles[0] };
  }

  /** Return all users, by id, from the site's data; null if they are too many or not there. */
  async function readUsers() {
    const build = await getJson(`${brand.href}build.json`);
    if (!build) throw new Error("no build.json");
    if (build.users > MAX_USERS) return null;
    return (await getJson(`${brand.href}data/profiles.ndjson`, { isLines: true })) ?? null;
  }

  /** Return those of *users* that the API would find, in the form of `askApi`. */
  function find(users, { term, type, page }) {
    const name = fold(nameIn(term));
    const id = idIn(name);
    const ofType = users.filter((user) => !type || fold(user.type) === fold(type));
    const matches = ofType.filter((user) => fold(user.username).includes(name));
    return {
      profiles: matches.slice((page - 1) * PAGINATION, page * PAGINATION),
      total: matches.length,
      pages: Math.ceil(matches.length / PAGINATION),
      exact: matches.findLast((user) => fold(user.username) === name),
      byId: id && ofType.find((user) => String(user.id) === id),
    };
  }

  /** Return the JSON at a URL; undefined if there is none, but a 404 or a page for people. */
  async function getJson(url, { signal, isLines } = {}) {
    const response = await fetch(url, { signal });
    const { status } = response;
    if (status === 429 || status >= 500) throw new Error(`status ${status}`);
    if (status === 404) return undefined;
    const text = await response.text();
    try {
      return parse(isLines ? `[${text.trim().replaceAll("\n", ",")}]` : text);
    } catch {
      return undefined;
    }
  }

  /** Return the value of a JSON text, with whole numbers of more than 15 digits as strings. */
  function parse(text) {
    // Numbers lose digits above 2^53. A string is matched as a whole, so none is changed.
    const wide = /"(?:[^"\\]|\\.)*"|\d{16,}/g;
    return JSON.parse(text.replace(wide, (token) => (token[0] === '"' ? token : `"${token}"`)));
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

  // ---- Showing

  async function show(search, focus) {
    clearTimeout(pause);
    request.abort();
    const own = (request = new AbortController());
    current = search;
    document.title = search.term ? `${nameIn(search.term)} - Users found - ${site}` : title;
    if (!search.term) return display();

    results.parentElement.setAttribute("aria-busy", "true");
    const clock = setTimeout(() => own.abort(), PATIENCE);
    const loaded = load();
    let answer, view;
    try {
      answer = await ask(search, own.signal).finally(() => loaded);
      if (!views) throw new Error(`no ${form.dataset.views}`);
      view = answer ? drawResults(search, answer) : draw("no-api");
    } catch (error) {
      if (own === request) console.warn("The search failed:", error);
    }
    clearTimeout(clock);
    if (own !== request) return;
    const last = answer ? Math.max(answer.pages, 1) : search.page;
    if (view && search.page > last) {
      return navigate({ ...search, page: last }, { replace: true, focus });
    }
    display(view ?? drawFailure(), !(view && answer));
    const heading = results.querySelector("[tabindex]");
    if (focus) heading.focus(); // screen readers announce it
    else announce(heading.textContent);
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

  // ---- Drawing

  function make(name, properties) {
    return Object.assign(document.createElement(name), properties);
  }

  /**
   * Return a copy of a template with texts where there is a data-slot, and addresses where there is
   * a data-to. A part with a data-if is removed if that text is empty.
   */
  function draw(name, texts = {}, addresses = {}) {
    const view = document.importNode(views.getElementById(name).content, true);
    for (const part of view.querySelectorAll("[data-if]")) {
      if (!texts[part.dataset.if]) part.remove();
    }
    for (const slot of view.querySelectorAll("[data-slot]")) {
      slot.textContent = texts[slot.dataset.slot];
    }
    for (const link of view.querySelectorAll("[data-to]")) link.href = addresses[link.dataset.to];
    return view;
  }

  function drawFailure() {
    const textContent = "The search cannot be reached at the moment. The pages work as before.";
    return views ? draw("failed") : make("p", { className: "alert", textContent, tabIndex: -1 });
  }

  function drawResults(search, answer) {
    const { term, type, page } = search;
    const { profiles, total, pages, url } = answer;
    const name = nameIn(term);
    const { firsts, rest, found } = arrange(search, answer);
    const start = (page - 1) * PAGINATION + 1;
    const range = `${number(start)}–${number(start + profiles.length - 1)}`;
    const order = `by id${firsts.length ? ", exact match first" : ""}`;
    const letters = [...name];
    const shorter = letters.slice(0, letters.length / 2).join("");
    const texts = {
      count: found === 1 ? "1 user" : `${found ? number(found) : "No"} users`,
      name,
      type,
      place: pages > 1 && `Page ${number(page)} of ${number(pages)}`,
      summary: total > 1 && `${range}, ${order}`,
      some: found,
      none: !found,
      shorter,
      below: url || pages > 1,
      api: url,
    };
    const view = draw("found", texts, {
      listing: urlOf({}),
      "all types": urlOf({ term }),
      shorter: urlOf({ term: shorter, type }),
      "all users": brand.href,
      api: url,
    });
    view.querySelector(".users")?.append(
      ...firsts.map(([user, note]) => drawUser(user, name, note)),
      ...rest.map((user) => drawUser(user, name)),
    );
    if (pages > 1) view.querySelector(".below").prepend(drawPages(search, pages));
    return view;
  }

  /** Return the users who come first on the first page, with a note; the others; how many match. */
  function arrange({ term, page }, { profiles, total, exact, byId }) {
    const firsts = [];
    if (page === 1 && exact) firsts.push([exact, "exact name"]);
    if (page === 1 && byId && byId.id !== exact?.id) firsts.push([byId, "exact id"]);
    const rest = profiles.filter(({ id }) => firsts.every(([user]) => user.id !== id));
    // The total has the user with that id only if the name matches too.
    const isExtra = byId && !fold(byId.username).includes(fold(nameIn(term)));
    return { firsts, rest, found: total + (isExtra ? 1 : 0) };
  }

  /** Return the page numbers as in _pagination.html. */
  function drawPages(search, pages) {
    const { page } = search;
    const view = draw("pages", { jump: pages >= MANY_PAGES });
    const [prev, here, gap, next] = view.querySelectorAll("nav > a, nav > span");
    const hrefOf = (other) => urlOf({ ...search, page: other });
    next.before(
      ...pageNumbers(page, pages).map((other) => {
        const textContent = number(other);
        if (!other) return gap.cloneNode(true);
        if (other === page) return Object.assign(here, { textContent });
        const isNear = other === 1 || other === pages;
        return make("a", { className: isNear ? "" : "far", href: hrefOf(other), textContent });
      }),
    );
    gap.remove();
    if (page > 1) prev.href = hrefOf(page - 1);
    if (page < pages) next.href = hrefOf(page + 1);
    for (const link of [prev, next]) {
      if (link.href) continue;
      const off = make("span", { className: "off" });
      off.append(...link.childNodes);
      link.replaceWith(off);
    }
    for (const jump of view.querySelectorAll(".jump")) jump.dataset.pages = pages;
    return view;
  }

  /** Return the page numbers to offer on *page*, the same as on listings; 0 stands for a gap. */
  function pageNumbers(page, pages) {
    const near = [-2, -1, 0, 1, 2].map((distance) => page + distance);
    const numbers = [];
    for (const other of new Set([1, ...near.filter((other) => other > 1 && other < pages), pages])) {
      const previous = numbers.at(-1) ?? 0;
      if (other - previous === 2) numbers.push(other - 1);
      else if (other - previous > 2) numbers.push(0);
      numbers.push(other);
    }
    return numbers;
  }

  /** Return a user as in _user_row.html. The part of the username that matched is marked. */
  function drawUser({ id, username, type, avatar_url, html_url }, name, note) {
    const view = draw("user");
    const isWeb = (url) => /^https?:\/\/[^/]/i.test(url);
    if (/^(Organization|Bot)$/.test(type)) view.querySelector("li").className = "square";

    const image = view.querySelector("img");
    image.after([...username][0] ?? "");
    if (/^https:\/\/avatars\.githubusercontent\.com\/[^\s#,]+$/.test(avatar_url)) {
      const sized = `${avatar_url}${avatar_url.includes("?") ? "&" : "?"}s=`;
      image.srcset = `${sized}88 2x`;
      image.src = `${sized}44`;
    } else if (isWeb(avatar_url) || avatar_url.startsWith("data:image/svg+xml,")) {
      image.src = avatar_url;
    } else {
      image.remove();
    }

    const link = view.querySelector("a");
    view.querySelector("bdi").append(...markMatches(username, name));
    if (isWeb(html_url)) link.href = html_url;
    else link.replaceWith(...link.childNodes);

    const small = view.querySelector("small");
    small.append(`#${id}`);
    if (type === "User") small.append(make("i", { textContent: " User" }));
    else if (type) small.append(` · ${type}`);
    if (note) small.append(" · ", make("b", { textContent: note }));
    return view;
  }

  /** Return *username* as texts and marks, one for each place that has *name*. */
  function markMatches(username, name) {
    const parts = [];
    const folded = fold(username);
    let end = 0;
    for (let start; (start = folded.indexOf(fold(name), end)) >= 0; end = start + name.length) {
      const textContent = username.slice(start, start + name.length);
      parts.push(username.slice(end, start), make("mark", { textContent }));
    }
    return [...parts, username.slice(end)];
  }

  // ---- The box, links and keys

  function searchTyped(force) {
    clearTimeout(pause);
    const term = readTerm(box.value);
    if (!force && term === current.term) return;
    const type = current.term ? current.type : form.dataset.type;
    // A longer term replaces the history entry of the search, so that Back leaves the search.
    navigate({ term, type, page: 1 }, { replace: term && current.term });
  }

  function clear() {
    box.value = "";
    if (hasScreenKeyboard()) box.blur();
    else box.focus();
    searchTyped();
  }

  /** Return whether the focus in a box most likely shows a keyboard on the screen. */
  function hasScreenKeyboard() {
    return matchMedia("(pointer: coarse)").matches;
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
    if (hasScreenKeyboard()) box.blur();
    searchTyped(true);
  });

  results.addEventListener("click", (event) => {
    const target = event.target.closest("button, .pages a, [data-to]");
    if (target?.type === "button") return show(current, true);
    // With these keys, the browser opens a link in another tab or window.
    if (!target?.href || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (target.dataset.to === "api" || target.dataset.to === "all users") return;
    event.preventDefault();
    if (target.dataset.to === "listing") return clear();
    const search = readSearch(target.href);
    box.value = search.term;
    navigate(search, { focus: true });
  });

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && (box.value || current.term)) {
      event.preventDefault();
      clear();
    }
    const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });

  addEventListener("popstate", () => {
    const search = readSearch(location.href);
    if (urlOf(search) === urlOf(current)) return; // another #fragment
    box.value = search.term;
    show(search);
  });

  // ---- A page number that is typed

  document.addEventListener("submit", (event) => {
    const jump = event.target.closest(".jump");
    if (!jump) return;
    event.preventDefault();
    const [input] = jump.elements;
    const { prefix, pages } = jump.dataset;
    const page = Number(input.value.replaceAll(",", ""));
    if (!Number.isInteger(page) || page < 1 || page > pages) {
      input.setCustomValidity(`Type a number from 1 to ${number(pages)}.`);
      input.reportValidity();
    } else if (prefix) {
      location.href = `${prefix}${page}.html`;
    } else {
      navigate({ ...current, page }, { focus: true });
    }
  });

  document.addEventListener("input", ({ target }) => target.setCustomValidity?.(""));

  for (const jump of document.querySelectorAll(".jump")) jump.hidden = false;

  // ---- The beginning

  Object.assign(box, {
    name: "q",
    maxLength: 100,
    placeholder: "Find users",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: false,
    enterKeyHint: "search",
  });
  box.setAttribute("aria-keyshortcuts", "/");
  form.hidden = false;
  box.value = current.term; // a browser may restore another text on reload
  if (current.term) {
    // Isolates text of either direction, as <bdi> does.
    const textContent = `Searching for “\u2068${nameIn(current.term)}\u2069”`;
    display(make("h1", { className: "h2 fw-bold text-break min-vh-100", textContent, tabIndex: -1 }));
    show(current);
  }
})();
