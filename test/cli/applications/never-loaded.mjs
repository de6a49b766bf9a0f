/** Loads for ever. */
process.stdout.write("loading\n");
await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
export const application = () => [];
