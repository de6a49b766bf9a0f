/**
 * The page that `errorPage` shows everybody: nothing of the application is in it, neither message nor stack nor path.
 * @module
 */
import { acceptedForm, type PageForm } from "./accepted-form.ts";
import type { Failure, FailurePage } from "./failure.ts";

const plainForms: Readonly<Record<PageForm, FailurePage>> = {
  html: {
    headers: [["Content-Type", "text/html; charset=utf-8"]],
    body:
      '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Internal Server Error</title>\n' +
      "<h1>Internal Server Error</h1>\n<p>The server could not answer this request.</p>\n</html>\n",
  },
  json: {
    headers: [["Content-Type", "application/json"]],
    body: `${JSON.stringify({ status: 500, title: "Internal Server Error" })}\n`,
  },
  text: { headers: [["Content-Type", "text/plain; charset=utf-8"]], body: "Internal Server Error\n" },
};

/** Makes the page in the form that the client asks for. */
export function plainPage({ environ }: Failure): FailurePage {
  return plainForms[acceptedForm(environ)];
}
