// The addresses people use, as objects of the current release: what generator/site/router.py says,
// in front of the bucket. Tests ask both the same and compare.
//
// Runs in CloudFront Functions, runtime 2.0: ECMAScript 5.1 and little more, in less than 10 KB.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
// template.yaml has a copy, in which CloudFormation fills in its parameters; tests compare the two.
var RELEASE = '${Release}';
var USERS = Number('${Users}');
var SIZES = '${PageSizes}'.split(',').map(Number);
var ORDERS = '${Orders}'.split(',');
// The types that have listings. Their names stay as an address has them until they are compared:
// so no name, whatever is in it, can be taken for code.
var TYPES = '${Types}'.split(',').filter(Boolean).map(function (one) {
  var parts = one.split(':');
  return { name: parts[0], slug: parts[1], users: Number(parts[2]) };
});
var ALL = { users: USERS };
var DEFAULT_SIZE = 25;
var DEFAULT_ORDER = 'id';
// Beyond any list; their product is still exact in a double.
var MAX_PAGE = 1e9;
var MAX_SIZE = 1e6;

var ADDRESS = /^\/users(?:\/([0-9]+))?\/?$/;
var PAGE = /^users\/(?:(?:type-([a-z0-9-]+)\/)?by-([a-z-]+)\/([1-9][0-9]{0,2})\/)?([1-9][0-9]{0,8})\.html$/;
var FILE = /^(?:(?:index|about|404)\.html|build\.json|robots\.txt|sitemap(?:-[0-9]+)?\.xml|(?:assets|data)\/[A-Za-z0-9_-][A-Za-z0-9._-]*)$/;

function handler(event) {
  var request = event.request;
  var found = route(decode(request.uri), parameters(request.querystring));
  if (found.location) {
    return answer(302, 'Found', { location: { value: found.location } }, '');
  }
  if (!found.key) {
    return answer(404, 'Not Found', {}, request.method === 'HEAD' ? '' : missing());
  }
  request.uri = '/releases/' + RELEASE + '/' + found.key;
  request.querystring = {};
  return request;
}

// What is at a path, as {key} of an object, {location} of another address, or {}: nothing.
function route(path, asked) {
  if (path === '/') { return { key: 'index.html' }; }
  var found = ADDRESS.exec(path);
  if (!found) { return exists(path.slice(1)) ? { key: path.slice(1) } : {}; }
  var page = found[1] ? number(found[1], MAX_PAGE) : 1;
  if (!page) { return {}; }
  var size = asked.pagination || '';
  var orderBy = asked.order_by || '';
  var typeName = asked.type || '';
  var askedSize = /^[0-9]+$/.test(size) ? number(size, MAX_SIZE) : 0;
  var rendered = askedSize ? nearest(askedSize) : DEFAULT_SIZE;
  var type = typeName ? typeNamed(typeName) : ALL;
  var listing = { order: DEFAULT_ORDER, size: rendered, type: type || ALL };
  if (has(orderBy, listing.type)) { listing.order = orderBy; }
  if ((size && askedSize !== rendered) || (orderBy && orderBy !== listing.order) || !type) {
    return { location: address(listing, askedSize ? samePlace(page, askedSize, rendered) : page) };
  }
  return page > pages(listing) ? {} : { key: keyOf(listing, page) };
}

// Whether the release has an object at this key. Of assets and downloads only the bucket knows.
function exists(key) {
  var found = PAGE.exec(key);
  if (!found) { return FILE.test(key); }
  var order = ORDERS.filter(function (one) { return orderSlug(one) === (found[2] || DEFAULT_ORDER); })[0];
  var type = found[1] ? TYPES.filter(function (one) { return one.slug === found[1]; })[0] : ALL;
  var size = Number(found[3] || DEFAULT_SIZE);
  if (!order || !type || !has(order, type) || SIZES.indexOf(size) < 0) { return false; }
  var listing = { order: order, size: size, type: type };
  return keyOf(listing, found[4]) === key && Number(found[4]) <= pages(listing);
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

// Of two sizes that are as near, the larger.
function nearest(size) {
  return SIZES.reduce(function (best, one) {
    return Math.abs(one - size) <= Math.abs(best - size) ? one : best;
  });
}

function samePlace(page, size, other) {
  var before = (page - 1) * size;
  return (before - before % other) / other + 1;
}

function number(digits, most) { return digits.length < 20 ? Math.min(Number(digits), most) : most; }

function typeNamed(name) {
  return TYPES.filter(function (one) { return fold(decodeForm(one.name)) === fold(name); })[0];
}

// As GitHub compares: the case of A-Z alone does not matter.
function fold(text) { return text.replace(/[A-Z]/g, function (letter) { return letter.toLowerCase(); }); }

// CloudFront hands over names and values as they were sent, and of a repeated one all.
function parameters(querystring) {
  var found = {};
  Object.keys(querystring).forEach(function (name) {
    var values = querystring[name].multiValue || [querystring[name]];
    found[decodeForm(name)] = decodeForm(values[values.length - 1].value);
  });
  return found;
}

function decodeForm(text) { return decode(text.replace(/\+/g, ' ')); }

function decode(text) {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, function (escapes) {
    try { return decodeURIComponent(escapes); } catch (error) { return '\ufffd'; }
  });
}

// The policy of security headers may not reach what is answered here.
function answer(code, text, headers, body) {
  headers['cache-control'] = { value: 'public, max-age=60' };
  headers['content-type'] = { value: 'text/html; charset=utf-8' };
  headers['content-security-policy'] = { value: "default-src 'none'; frame-ancestors 'none'" };
  headers['x-content-type-options'] = { value: 'nosniff' };
  var response = { statusCode: code, statusDescription: text, headers: headers };
  if (body) { response.body = { encoding: 'text', data: body }; }
  return response;
}

function missing() {
  return '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width, initial-scale=1">' +
    '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">' +
    '<title>Not found</title></head><body><h1>There is no such page</h1>' +
    '<p>It may lie beyond the last page, or have been one of an earlier directory.</p>' +
    '<p><a href="/">Show the users</a></p></body></html>\n';
}
