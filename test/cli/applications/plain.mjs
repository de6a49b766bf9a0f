export default (_environ, startResponse) => {
  startResponse("200 OK", []);
  return [new TextEncoder().encode("plain")];
};
