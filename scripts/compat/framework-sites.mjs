/**
 * The sites that `npm run compat:frameworks` builds and serves: data.
 */

/**
 * @typedef {object} Framework
 * @property {string} name
 * @property {string} site the folder of frameworks/
 * @property {string} application the module that `tsgi serve` is given
 * @property {boolean} client whether the page of an item names the client's address
 */

/** @type {readonly Framework[]} */
export const frameworks = [
  // Next.js does not say who the client is, and Astro believes X-Forwarded-For by itself.
  { name: "next", site: "next", application: "application.mjs", client: false },
  { name: "nuxt", site: "nuxt", application: "application.mjs", client: true },
  { name: "nitro", site: "nitro", application: "application.mjs", client: true },
  { name: "sveltekit", site: "sveltekit", application: "application.mjs", client: true },
  { name: "astro", site: "astro", application: "application.mjs", client: false },
  { name: "react-router", site: "react-router", application: "application.mjs", client: true },
  { name: "tanstack-start", site: "tanstack-start", application: "application.mjs", client: true },
  { name: "nest-express", site: "nest", application: "dist/application.js", client: true },
  { name: "nest-fastify", site: "nest", application: "dist/application-fastify.js", client: true },
];
