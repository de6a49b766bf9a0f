// Everything that type erasure alone does not run, in a directory without a package.json of its own type.
import { readFile } from "node:fs/promises";
import { greeting } from "./imported";
import { punctuation } from "./punctuation.js";
import type { Application } from "tsgi";

enum Colour {
  Red = "red",
}

class Holder {
  constructor(private readonly text: string) {}
  get(): string {
    return this.text;
  }
}

const self: string = await readFile(new URL(import.meta.url), "utf8");

const body: string = `${greeting} ${Colour.Red} ${new Holder("held").get()}${punctuation} ${self.length > 0}`;

export const application: Application = (_environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [new TextEncoder().encode(body)];
};

export const other: Application = (_environ, startResponse) => {
  startResponse("200 OK", []);
  return [new TextEncoder().encode("the other one")];
};

export const failing: Application = () => {
  throw new TypeError("thrown on purpose");
};

export const number = 5;
