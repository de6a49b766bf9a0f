export function load({ params, url, getClientAddress }) {
  return { id: params.id, q: url.searchParams.get("q"), host: url.host, client: getClientAddress() };
}
