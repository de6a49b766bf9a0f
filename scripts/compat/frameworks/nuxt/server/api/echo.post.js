import { defineEventHandler, getRequestIP, readBody, setResponseStatus } from "h3";

export default defineEventHandler(async (event) => {
  const { word } = await readBody(event);
  setResponseStatus(event, 201);
  return { echoed: word, client: getRequestIP(event) };
});
