#!/usr/bin/env node
/**
 * The `tsgi` command as an ES module. What npm installs as `tsgi` is tsgi.cts, which starts CGI requests faster.
 * @module
 */
import { runCommandLine } from "./command-line.ts";

await runCommandLine(process.argv.slice(2));
