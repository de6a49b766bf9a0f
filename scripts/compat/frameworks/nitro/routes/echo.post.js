export default defineEventHandler(async (event) => {
  const { word } = await readBody(event);
  setResponseStatus(event, 201);
  return { echoed: word };
});
