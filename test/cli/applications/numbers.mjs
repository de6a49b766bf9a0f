// Breaks a rule that the gateway does not mind: a number for wsgi.errors.
export default (environ, startResponse) => {
  environ["wsgi.errors"].write(5);
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [new TextEncoder().encode("passed")];
};
