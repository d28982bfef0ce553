// What leaves the machine: requests and answers without anything that could act for the merchant or names a person.

const removed = '[removed]';

// Members whose value is never written down, wherever they stand.
const secretMembers = new Set([
  'client_secret', 'secret', 'email', 'receipt_email', 'customer_email', 'support_email', 'phone', 'support_phone', 'fingerprint',
  'receipt_url', 'receipt_number', 'network_transaction_id', 'ip', 'ip_address',
]);

// What a person has typed on the page: of these only the country is kept.
const personMembers = new Set(['billing_details', 'customer_details', 'collected_information', 'individual_name']);

const secretTexts = [
  [/\b(?:sk|rk|pk)_(?:test|live)_[A-Za-z0-9*]+/g, '[key]'],
  [/\bwhsec_[A-Za-z0-9+/=]+/g, '[webhook secret]'],
  [/\b((?:pi|seti)_[A-Za-z0-9]+)_secret_[A-Za-z0-9]+/g, '$1_secret_[removed]'],
  [/[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g, '[e-mail]'],
];

// Of the merchant's own account only what a shop's set-up depends on.
const accountMembers = new Set([
  'id', 'object', 'capabilities', 'charges_enabled', 'country', 'default_currency', 'details_submitted', 'payouts_enabled', 'type',
]);

export function redactText(text) {
  return secretTexts.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

/** Form fields as [[name, value], …]. */
export function redactFields(fields) {
  return fields.map(([name, value]) => {
    const member = /\[?([a-z_]+)\]?$/.exec(name)?.[1];
    return [name, secretMembers.has(member) ? removed : redactText(value)];
  });
}

/** A parsed answer. `isOurs(text)` tells whether an object's JSON belongs to this run. */
export function redactAnswer(value, isOurs) {
  if (Array.isArray(value)) return value.map((item) => redactAnswer(item, isOurs));
  if (typeof value === 'string') return redactText(value);
  if (value === null || typeof value !== 'object') return value;
  if (value.object === 'account') {
    return Object.fromEntries(Object.entries(value).filter(([member]) => accountMembers.has(member)));
  }
  if (value.object === 'webhook_endpoint') {
    return { ...value, url: pathOnly(value.url), description: null, metadata: {} };
  }
  if (value.object === 'tax.settings') return { ...value, head_office: value.head_office && removed };
  if (value.object === 'balance') return { object: 'balance', livemode: value.livemode };
  if (isList(value)) {
    const ours = value.data.filter((item) => isSetUp(item) || isOurs(JSON.stringify(item)));
    const leftOut = value.data.length - ours.length;
    return { ...withoutData(value, isOurs), data: redactAnswer(ours, isOurs), ...(leftOut ? { left_out_by_live_test: leftOut } : {}) };
  }
  return redactMembers(value, isOurs);
}

const isList = (value) => Array.isArray(value.data) && (value.object === 'list' || value.object === 'search_result');
// What belongs to the account rather than to a customer.
const isSetUp = (item) => ['webhook_endpoint', 'tax.registration', 'item'].includes(item?.object);
const withoutData = ({ data, ...rest }, isOurs) => redactMembers(rest, isOurs);

function redactMembers(object, isOurs) {
  return Object.fromEntries(Object.entries(object).map(([member, value]) => {
    if (secretMembers.has(member) && value !== null) return [member, removed];
    if (personMembers.has(member)) return [member, redactPerson(value)];
    // The page's address opens the payment; its host and path are kept as far as they are the same for all.
    if (member === 'url' && typeof value === 'string' && object.object === 'checkout.session') return [member, pageUrl(value)];
    return [member, redactAnswer(value, isOurs)];
  }));
}

function redactPerson(value, member) {
  if (typeof value === 'string') return member === 'country' ? value : removed;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redactPerson(inner, name)]));
}

function pathOnly(url) {
  return `https://removed.example${new URL(url).pathname}`;
}

function pageUrl(url) {
  return `${new URL(url).origin}/pay/removed`;
}
