/**
 * What a worker of `tsgi serve --workers` runs; the master starts it and tells it what to load.
 * @module
 */
import { becomeUser, runWorker, workerStreams } from "../process/index.ts";
import { ignoreAbortedRequests } from "./aborted-requests.ts";
import { describeError } from "./describe-error.ts";
import { loadServed } from "./load-served.ts";
import { openLogs } from "./open-logs.ts";
import { ignoreLostOutput } from "./lost-output.ts";
import { serveOptions } from "./serve-options.ts";
import type { WorkerProgramData } from "./serve-workers.ts";

ignoreLostOutput();
ignoreAbortedRequests();
runWorker({
  load: async ({ program, worker }) => {
    const { specifier, values, identity } = program as WorkerProgramData;
    if (identity !== undefined) becomeUser(identity);
    process.title = `tsgi: worker ${worker} of ${specifier}`;
    // Before the application, which may change the working directory.
    const logs = openLogs(values, { worker, standard: workerStreams });
    return {
      application: await loadServed(specifier, values),
      options: { ...serveOptions(values), ...logs.options },
      logs,
    };
  },
  describeFailure: (error, { program }) =>
    describeError(error, (program as WorkerProgramData).values["debug"] === true),
});
