export default defineEventHandler((event) => {
  setHeader(event, "content-type", "text/html; charset=utf-8");
  return '<!doctype html><head><link rel="stylesheet" href="/assets/site.css"></head><body><h1>The front page</h1></body>';
});
