/** Never answers, and says that it has been called. */
export function application() {
  process.stdout.write("called\n");
  return new Promise(() => {});
}
