// Maps each address to an object of the current site, by the rules of generator/site/router.py.
// Tests compare the two.
//
// Runs in CloudFront Functions, runtime 2.0: ECMAScript 5.1 and little more, at most 10 KB.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
// template.yaml has a copy (python -m infra.embed), in which CloudFormation fills in parameters.
var RELEASE = '${Release}';
var USERS = Number('${Users}');
var SIZES = '${PageSizes}'.split(',').map(Number);
var ORDERS = '${Orders}'.split(',');
// The types that have listings. Their names are percent-encoded, so none can be taken for code.
var TYPES = '${Types}'.split(',').filter(Boolean).map(function (text) {
  var parts = text.split(':');
  return { name: parts[0], slug: parts[1], users: Number(parts[2]) };
});
var ALL = { users: USERS };
var DEFAULT_SIZE = 25;
var DEFAULT_ORDER = 'id';
// Beyond any list, and their product is still exact in a double.
var MAX_PAGE = 1e9;
var MAX_SIZE = 1e6;

var ADDRESS = /^\/(?:users(?:\/([0-9]+))?\/?)?$/;
var PAGE = /^users\/(?:(?:type-([a-z0-9-]+)\/)?by-([a-z-]+)\/([1-9][0-9]{0,2})\/)?([1-9][0-9]{0,8})\.html$/;
var FILE = /^(?:(?:index|about|changes|404)\.html|build\.json|robots\.txt|(?:sitemap(?:-[0-9]+)?|changes)\.xml|(?:assets|data)\/[A-Za-z0-9_-][A-Za-z0-9._-]*)$/;

function handler(event) {
  var request = event.request;
  var target = route(decode(request.uri), parameters(request.querystring));
  if (target.location) {
    return reply(302, 'Found', { location: { value: target.location } }, '');
  }
  if (!target.key) {
    return reply(404, 'Not Found', {}, request.method === 'HEAD' ? '' : notFoundPage());
  }
  request.uri = '/releases/' + RELEASE + '/' + target.key;
  request.querystring = {};
  return request;
}

// Returns {key} of an object, {location} to redirect to, or {} for 404.
function route(path, query) {
  var match = ADDRESS.exec(path);
  if (!match) { return exists(path.slice(1)) ? { key: path.slice(1) } : {}; }
  var digits = match[1] || query.page || '1';
  var page = /^[0-9]+$/.test(digits) ? number(digits, MAX_PAGE) : 0;
  if (!page) { return {}; }
  var size = query.pagination || '';
  var orderBy = query.order_by || '';
  var typeName = query.type || '';
  var askedSize = /^[0-9]+$/.test(size) ? number(size, MAX_SIZE) : 0;
  var rendered = askedSize ? nearest(askedSize) : DEFAULT_SIZE;
  var type = typeName ? typeNamed(typeName) : ALL;
  var listing = { order: DEFAULT_ORDER, size: rendered, type: type || ALL };
  if (has(orderBy, listing.type)) { listing.order = orderBy; }
  if ((size && askedSize !== rendered) || (orderBy && orderBy !== listing.order) || !type) {
    return { location: address(listing, askedSize ? samePlace(page, askedSize, rendered) : page) };
  }
  if (page > pages(listing)) { return {}; }
  var key = keyOf(listing, page);
  return { key: path === '/' && key === 'users/1.html' ? 'index.html' : key };
}

// Whether the site has a page at this key, or may have another file: the bucket knows which.
function exists(key) {
  var match = PAGE.exec(key);
  if (!match) { return FILE.test(key); }
  var order = ORDERS.filter(function (name) { return orderSlug(name) === (match[2] || DEFAULT_ORDER); })[0];
  var type = match[1] ? TYPES.filter(function (entry) { return entry.slug === match[1]; })[0] : ALL;
  var size = Number(match[3] || DEFAULT_SIZE);
  if (!order || !type || !has(order, type) || SIZES.indexOf(size) < 0) { return false; }
  var listing = { order: order, size: size, type: type };
  return keyOf(listing, match[4]) === key && Number(match[4]) <= pages(listing);
}

function has(order, type) {
  return ORDERS.indexOf(order) >= 0 && (type === ALL || !/type$/.test(order));
}

function pages(listing) { return Math.ceil(listing.type.users / listing.size); }

function keyOf(listing, page) {
  var slug = listing.type.slug;
  var prefix = 'users/' + (slug ? 'type-' + slug + '/' : '') + 'by-' + orderSlug(listing.order) + '/' + listing.size + '/';
  var isDefault = !slug && listing.order === DEFAULT_ORDER && listing.size === DEFAULT_SIZE;
  return (isDefault ? 'users/' : prefix) + page + '.html';
}

function address(listing, page) {
  var query = [];
  if (listing.size !== DEFAULT_SIZE) { query.push('pagination=' + listing.size); }
  if (listing.order !== DEFAULT_ORDER) { query.push('order_by=' + listing.order); }
  if (listing.type !== ALL) { query.push('type=' + listing.type.name); }
  return '/users/' + page + (query.length ? '?' + query.join('&') : '');
}

function orderSlug(order) { return order.charAt(0) === '-' ? order.slice(1) + '-desc' : order; }

// Of two sizes at the same distance, the larger.
function nearest(size) {
  return SIZES.reduce(function (best, other) {
    return Math.abs(other - size) <= Math.abs(best - size) ? other : best;
  });
}

// The page of another size that shows the same first user.
function samePlace(page, size, other) {
  var before = (page - 1) * size;
  return (before - before % other) / other + 1;
}

function number(digits, max) { return digits.length < 20 ? Math.min(Number(digits), max) : max; }

function typeNamed(name) {
  return TYPES.filter(function (type) { return fold(decodeForm(type.name)) === fold(name); })[0];
}

// As GitHub compares names: without the case of A-Z.
function fold(text) { return text.replace(/[A-Z]/g, function (letter) { return letter.toLowerCase(); }); }

// CloudFront decodes no names and values, and gives all values of a repeated name.
function parameters(querystring) {
  var query = {};
  Object.keys(querystring).forEach(function (name) {
    var values = querystring[name].multiValue || [querystring[name]];
    query[decodeForm(name)] = decodeForm(values[values.length - 1].value);
  });
  return query;
}

function decodeForm(text) { return decode(text.replace(/\+/g, ' ')); }

function decode(text) {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, function (escapes) {
    try { return decodeURIComponent(escapes); } catch (error) { return '\ufffd'; }
  });
}

// The security headers policy may not reach replies of a function.
function reply(code, text, headers, body) {
  headers['cache-control'] = { value: 'public, max-age=60' };
  headers['content-type'] = { value: 'text/html; charset=utf-8' };
  headers['content-security-policy'] = { value: "default-src 'none'; frame-ancestors 'none'" };
  headers['x-content-type-options'] = { value: 'nosniff' };
  var response = { statusCode: code, statusDescription: text, headers: headers };
  if (body) { response.body = { encoding: 'text', data: body }; }
  return response;
}

function notFoundPage() {
  return '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width, initial-scale=1">' +
    '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">' +
    '<title>Not found</title></head><body><h1>There is no such page</h1>' +
    '<p>It may lie beyond the last page, or have been one of an earlier directory.</p>' +
    '<p><a href="/">Show the users</a></p></body></html>\n';
}
