// Kitsu against a real server: prints one JSON object with what it saw. Arguments: address, token, a word for this run.
import Kitsu from "kitsu";

const [base, token, word] = process.argv.slice(2);
const api = new Kitsu({
  baseURL: `${base}/api`,
  headers: { Authorization: `Bearer ${token}` },
  camelCaseTypes: false,
  pluralize: false,
});
const seen = {};

async function status(promise) {
  try {
    return (await promise).status;
  } catch (error) {
    return error.response?.status ?? String(error);
  }
}

for (const name of ["b", "d", "a", "c"]) await api.post("tags", { name, mark: word });
const account = (await api.post("accounts", { name: "made by kitsu", budget: "12.50", extra: { deep: [1] } })).data;
seen.created = [account.name, account.budget, account.extra.deep[0]];

const params = { filter: { mark: word }, sort: "-name", page: { size: 3, totals: true } };
const first = await api.get("tags", { params });
seen.page = first.data.map((tag) => tag.name).join("");
seen.total = first.meta.page.total;
const next = new URL(first.links.next, base);
const second = await api.request({ url: next.pathname.replace("/api/", "") + next.search, type: "tags" });
seen.next = second.data.map((tag) => tag.name).join("");
const cursor = await api.get("tags", { params: { filter: { mark: word }, sort: "name", page: { after: "", size: 2 } } });
seen.cursor = [cursor.links.prev, new URL(cursor.links.next, base).searchParams.has("page[after]")];
seen.operators = (await api.get("tags", { params: { filter: { mark: word, name: { gt: "b" } } } })).data.length;

const tags = first.data.slice(0, 2).map(({ id }) => ({ id, type: "tags" }));
const contact = (
  await api.post("contacts", {
    name: "linked",
    account: { data: { id: account.id, type: "accounts" } },
    tags: { data: tags },
  })
).data;
const whole = (await api.get(`contacts/${contact.id}`, { params: { include: "account,tags", fields: { tags: "name" } } })).data;
seen.included = [whole.account.data.name, whole.tags.data.map((tag) => tag.name).sort().join("")];
seen.related = (await api.get(`contacts/${contact.id}/tags`)).data.length;
seen.linkage = (await api.get(`contacts/${contact.id}/relationships/account`)).data.id === account.id;

const patched = (await api.patch("contacts", { id: contact.id, name: "patched", account: { data: null } })).data;
seen.patched = [patched.name, patched.meta.version];
seen.unlinked = (await api.get(`contacts/${contact.id}/account`)).data ?? null;
seen.replaced = await status(
  api.request({
    method: "PATCH",
    url: `contacts/${contact.id}/relationships/account`,
    type: "accounts",
    body: { id: account.id },
  }),
);

const stale = { headers: { "If-Match": '"1"' } };
seen.stale = await status(api.patch("contacts", { id: contact.id, name: "too late" }, stale));
seen.missing = await status(api.get("contacts/99999999"));
seen.invalid = await status(api.post("contacts", { email: "nobody" }));
seen.conflict = [
  await status(api.post("accounts", { name: "x", code: word })),
  await status(api.post("accounts", { name: "y", code: word })),
];
seen.deleted = [await status(api.delete("contacts", contact.id)), await status(api.get(`contacts/${contact.id}`))];
console.log(JSON.stringify(seen));
