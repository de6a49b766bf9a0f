/**
 * The status page's script: asks for the page every two seconds and takes over what has changed, node by node, so that
 * nothing flickers and a selection stays. A page that is not seen does not ask.
 * @module
 */

/** As it stands in the page; the policy of html-page.ts names its digest. */
export const pageScript: string = `
"use strict";
const everyMs = 2000;
const lost = document.getElementById("lost");
let since = 0;
function takeOver(here, there) {
  if (here.nodeType !== there.nodeType || here.nodeName !== there.nodeName) {
    here.replaceWith(document.importNode(there, true));
    return;
  }
  if (here.nodeType !== Node.ELEMENT_NODE) {
    if (here.nodeValue !== there.nodeValue) here.nodeValue = there.nodeValue;
    return;
  }
  for (const { name } of [...here.attributes]) if (!there.hasAttribute(name)) here.removeAttribute(name);
  for (const { name, value } of there.attributes) if (here.getAttribute(name) !== value) here.setAttribute(name, value);
  const [mine, theirs] = [[...here.childNodes], [...there.childNodes]];
  theirs.forEach((node, at) => {
    if (at < mine.length) takeOver(mine[at], node);
    else here.append(document.importNode(node, true));
  });
  for (const node of mine.slice(theirs.length)) node.remove();
}
async function refresh() {
  if (!document.hidden) {
    try {
      const answer = await fetch("./", { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(5000) });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      takeOver(document.querySelector("main"), page.querySelector("main"));
      document.title = page.title;
      since = 0;
    } catch {
      since ||= Date.now();
    }
    const text = since === 0 ? "" : "No answer since " + new Date(since).toLocaleTimeString() + ": what is shown is old.";
    if (lost.textContent !== text) lost.textContent = text;
    document.body.classList.toggle("old", since !== 0);
  }
  setTimeout(refresh, everyMs);
}
setTimeout(refresh, everyMs);
`;
