// Eleventy's fastest kind of template: a function. What is shown is in markup.js, written from ours.
import { readFileSync } from "node:fs";
import { draw } from "../markup.js";

const read = (name) => JSON.parse(readFileSync(new URL(`../${name}.json`, import.meta.url)));
const users = read("users");
const listings = read("listings");

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) =>
  /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (found) => ESCAPES[found]) : text;

// "1,000", for people. Number.toLocaleString is many times slower.
const people = (number) =>
  number < 1000
    ? `${number}`
    : `${people(Math.floor(number / 1000))},${`${number % 1000}`.padStart(3, "0")}`;

// The pages to offer: the ends, and two on either side; null is a gap.
function offered(page, pages) {
  const low = Math.max(1, page - 2);
  const high = Math.min(pages, page + 2);
  const found = [];
  if (low > 1) found.push(1);
  if (low > 2) found.push(low === 3 ? 2 : null);
  for (let number = low; number <= high; number++) found.push(number);
  if (high < pages - 1) found.push(high === pages - 2 ? pages - 1 : null);
  if (high < pages) found.push(pages);
  return found;
}

function each(items, one) {
  let found = "";
  for (const item of items) found += one(item);
  return found;
}

const all = listings.flatMap(({ size, prefix }) => {
  const pages = Math.ceil(users.length / size);
  return Array.from({ length: pages }, (_, index) => ({ size, prefix, pages, page: index + 1 }));
});

export const data = {
  all,
  pagination: { data: "all", size: 1, alias: "one" },
  permalink: ({ one }) => `${one.prefix}${one.page}.html`,
  eleventyExcludeFromCollections: true,
};

export function render({ one: { size, page, pages } }) {
  const skip = (page - 1) * size;
  const last = Math.min(skip + size, users.length);
  const rows = users.slice(skip, last);
  const numbers = offered(page, pages);
  return draw[size]({ page, pages, skip, first: skip + 1, last, rows, numbers }, escape, people, each);
}
