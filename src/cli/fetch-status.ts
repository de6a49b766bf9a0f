/**
 * Asks the status pages of a running service.
 * @module
 */
import { get } from "node:http";
import { ConfigurationError } from "../errors/index.ts";
import { formatAddress, parseAddress, type Address } from "../protocols/address.ts";

const timeoutMs = 5_000;
const maxOctets = 4_194_304;

/** Where to ask when the command line does not say so. */
const variable = "TSGI_STATUS";

/**
 * The address in the words, or in the environment.
 * @throws ConfigurationError ERR_CONFIG_OPTION when it is in neither, ERR_CONFIG_ADDRESS
 */
export function statusAddress(words: readonly string[], command: string): Address {
  const text = words[0] ?? process.env[variable];
  if (text === undefined || text === "") {
    throw new ConfigurationError(
      "ERR_CONFIG_OPTION",
      `tsgi ${command} needs the address that --status of tsgi serve was given: tsgi ${command} ADDR, or ${variable}=ADDR`,
    );
  }
  const address = parseAddress(text);
  if (address.kind === "unix" || address.kind === "tcp") return address;
  throw new ConfigurationError(
    "ERR_CONFIG_ADDRESS",
    `${text} is no address to connect to: expected unix:/path, host:port, :port or [ipv6]:port`,
  );
}

/**
 * The status as text.
 * @throws ConfigurationError ERR_CONFIG_CONNECT when nobody answers there, or somebody else does
 */
export function fetchStatusText(address: Address): Promise<string> {
  const place = formatAddress(address);
  const failed = (why: string): ConfigurationError =>
    new ConfigurationError("ERR_CONFIG_CONNECT", `no status at ${place}: ${why}`);
  return new Promise((resolve, reject) => {
    const target =
      address.kind === "unix"
        ? { socketPath: address.path }
        : address.kind === "tcp"
          ? { host: address.host, port: address.port }
          : {};
    const request = get(
      { ...target, path: "/status.txt", agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => {
          text += piece;
          if (text.length > maxOctets) request.destroy(new Error("the answer is too large"));
        });
        response.on("end", () => {
          const isText = response.headers["content-type"]?.startsWith("text/plain") === true;
          if (response.statusCode === 200 && isText) resolve(withoutControls(text));
          else reject(failed(`what answers there (${response.statusCode}) is not the status of tsgi serve`));
        });
        response.on("error", (error) => reject(failed(error.message)));
      },
    );
    request.on("error", (error: NodeJS.ErrnoException) => reject(failed(reasonOf(error))));
  });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNREFUSED" || error.code === "ENOENT")
    return "nobody listens there; start tsgi serve with --status and this address";
  return error.name === "TimeoutError" || error.name === "AbortError"
    ? `no answer within ${timeoutMs / 1_000} s`
    : error.message;
}

/** Whoever answers there: nothing of it moves the terminal's cursor. */
function withoutControls(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n]/gu, "");
}
