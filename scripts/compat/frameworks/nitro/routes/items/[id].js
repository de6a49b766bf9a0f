export default defineEventHandler((event) => {
  const id = getRouterParam(event, "id", { decode: true });
  return `item ${id}, q ${getQuery(event).q}, host ${getRequestHost(event)}, client ${getRequestIP(event)}`;
});
