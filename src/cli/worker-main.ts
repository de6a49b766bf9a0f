/**
 * What a worker of `tsgi serve --workers` runs; the master starts it and tells it what to load.
 * @module
 */
import { runWorker } from "../process/index.ts";
import { describeError } from "./describe-error.ts";
import { interfaceOf, loadApplication } from "./load-application.ts";
import { ignoreLostOutput, serveOptions } from "./serve-options.ts";
import type { WorkerProgramData } from "./serve-workers.ts";
import { validated } from "./validated.ts";

ignoreLostOutput();
runWorker({
  load: async ({ program, worker }) => {
    const { specifier, values } = program as WorkerProgramData;
    process.title = `tsgi: worker ${worker} of ${specifier}`;
    const application = await validated(
      await loadApplication(specifier, process.cwd(), undefined, interfaceOf(values)),
      values,
    );
    return { application, options: serveOptions(values) };
  },
  describeFailure: (error, { program }) =>
    describeError(error, (program as WorkerProgramData).values["debug"] === true),
});
