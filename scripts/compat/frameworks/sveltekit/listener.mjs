export { handler as listener } from "./build/handler.js";
