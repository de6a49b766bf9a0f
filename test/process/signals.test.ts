/** Signals as events of a master, from its start to its end. */
import { expect, it, onTestFinished } from "vitest";
import { onSignals } from "../../src/process/signals.ts";

const names = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGTTIN", "SIGTTOU", "SIGUSR1", "SIGUSR2"] as const;

it("reports signals, and goes on taking them when nobody asks any more: the default would end the process", () => {
  const others = new Set<unknown>(names.flatMap((name) => process.listeners(name)));
  const ours = (name: NodeJS.Signals) => process.listeners(name).filter((each) => !others.has(each));
  onTestFinished(() => {
    for (const name of names) for (const each of ours(name)) process.off(name, each);
  });
  const reported: string[] = [];
  const stop = onSignals(({ type }) => reported.push(type));
  const send = (): void => {
    for (const name of names) for (const each of ours(name)) each(name);
  };
  send();
  const all = ["stop", "stop", "stop", "reload", "add", "remove", "reopen", "upgrade"];
  expect(reported).toEqual(all);
  stop();
  send();
  expect(reported).toEqual(all);
  expect(names.filter((name) => ours(name).length === 0)).toEqual([]);
});
