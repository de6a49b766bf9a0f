// The page's own script, put into it by page.ts: the upload with its progress, and the live answer.
const home = document.body.dataset.home;
const byId = (id) => document.getElementById(id);
const units = ["octets", "KiB", "MiB", "GiB"];

function inUnits(octets) {
  let unit = 0;
  while (octets >= 1024 && unit < units.length - 1) {
    octets /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? octets : octets.toFixed(octets < 10 ? 2 : 1)} ${units[unit]}`;
}

const file = byId("file");
const progress = byId("progress");

file.addEventListener("change", () => {
  const [chosen] = file.files;
  byId("chosen").textContent = chosen ? `${chosen.name}, ${inUnits(chosen.size)}` : "Choose or drop a file";
});

byId("upload").addEventListener("submit", (event) => {
  event.preventDefault();
  // Not fetch(): only this reports how much of an upload has left.
  const request = new XMLHttpRequest();
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    progress.value = total > 0 ? loaded / total : 0;
    byId("size").textContent = `${inUnits(loaded)} of ${inUnits(total)}`;
  });
  request.addEventListener("load", () => {
    progress.value = 1;
    if (request.status === 200 && request.response) showReport(request.response);
    else byId("size").textContent = `refused with status ${request.status}`;
  });
  request.addEventListener("error", () => {
    byId("size").textContent = "the connection was lost";
  });
  progress.value = 0;
  byId("rate").textContent = byId("digest").textContent = "…";
  request.open("POST", `${home}upload`);
  // The file itself is the body, not a form that holds it.
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.send(file.files[0]);
});

function showReport({ octets, sha256, octetsPerSecond }) {
  byId("size").textContent = `${inUnits(octets)} (${octets.toLocaleString("en")} octets)`;
  byId("rate").textContent = `${inUnits(octetsPerSecond)} a second`;
  byId("digest").textContent = sha256;
}

const ticks = byId("ticks");
const start = byId("start");
let source;

start.addEventListener("click", () => (source ? stop("stopped") : listen()));

function listen() {
  ticks.textContent = "";
  start.textContent = "Stop";
  byId("count").textContent = "waiting for the first event";
  source = new EventSource(`${home}ticks`);
  source.addEventListener("tick", ({ data }) => showTick(JSON.parse(data)));
  source.addEventListener("done", () => stop("complete"));
  // EventSource would begin again by itself; one answer is what is shown here.
  source.addEventListener("error", () => stop("the stream broke off"));
}

function showTick({ count, of, time, residentOctets }) {
  byId("count").textContent = `event ${count} of ${of}`;
  const clock = new Date(time).toISOString().slice(11, 23);
  ticks.textContent += `${String(count).padStart(2)}  ${clock}  memory ${inUnits(residentOctets)}\n`;
  ticks.scrollTop = ticks.scrollHeight;
}

function stop(reason) {
  source.close();
  source = undefined;
  start.textContent = "Start again";
  byId("count").textContent = reason;
}
