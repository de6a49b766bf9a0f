/**
 * A small chart of the last minutes, as SVG: lines over one axis, with its figures as text beside it.
 *
 * The drawing is stretched to any width, so all text stands outside of it. Who does not see it gets a sentence.
 * @module
 */
import { escapeHtml } from "./html-text.ts";

export interface ChartLine {
  readonly name: string;
  /** One of the colours of html-style.ts. */
  readonly colour: "first" | "second" | "third";
  /** By interval, the oldest first; null where nothing is known. */
  readonly values: ReadonlyArray<number | null>;
}

export interface Chart {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  /** Writes a value with its unit. */
  readonly format: (value: number) => string;
  /** The least that the axis reaches to. */
  readonly leastTop: number;
  /** The axis begins here and grows by powers, so that what is rare and large leaves the rest readable. */
  readonly logarithmicFrom?: number;
  /** The axis ends at a power of two. */
  readonly binary?: boolean;
  /** Seconds that one interval lasts, and intervals that the axis has room for. */
  readonly intervalSeconds: number;
  readonly intervals: number;
}

const width = 600;
const height = 120;

/** The chart as a `figure`. */
export function htmlChart(chart: Chart): string {
  const { title, lines, format, intervals, intervalSeconds } = chart;
  const top = Math.max(chart.leastTop, ...lines.map(({ values }) => highest(values) ?? 0));
  const rounded = chart.binary === true ? 2 ** Math.ceil(Math.log2(top)) : roundUp(top);
  const part = scaleOf(rounded, chart.logarithmicFrom);
  const legend = lines
    .map(({ name, colour, values }) => {
      const last = values.at(-1) ?? null;
      const text = last === null ? "-" : format(last);
      return `<li class="${colour}">${escapeHtml(name)} <b>${escapeHtml(text)}</b></li>`;
    })
    .join("");
  const drawn = lines.map((line) => drawLine(line, part, intervals)).join("");
  const minutes = Math.round((intervals * intervalSeconds) / 60);
  return (
    `<figure><figcaption>${escapeHtml(title)}</figcaption><ul class="legend">${legend}</ul>` +
    `<div class="plot"><span class="top">${escapeHtml(format(rounded))}</span>` +
    `<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(describe(chart, minutes))}">` +
    `<path class="grid" d="M0 ${height / 2}H${width}"/>${drawn}</svg>` +
    (chart.logarithmicFrom === undefined
      ? ""
      : `<span class="bottom">${escapeHtml(format(chart.logarithmicFrom))}</span>`) +
    `<span class="from">${minutes} min ago</span><span class="to">now</span></div></figure>`
  );
}

function drawLine({ colour, values }: ChartLine, part: (value: number) => number, intervals: number): string {
  const step = width / (intervals - 1);
  const offset = intervals - values.length;
  let path = "";
  let isOpen = false;
  values.forEach((value, index) => {
    if (value === null) {
      isOpen = false;
      return;
    }
    const x = round((offset + index) * step);
    // Half a line's width stays inside at both ends.
    const y = round(height - 2 - part(value) * (height - 4));
    const isAlone = !isOpen && (values[index + 1] ?? null) === null;
    // A value between two gaps would be no line at all.
    path += isAlone ? `M${round(Math.max(x - step / 2, 0))} ${y}H${x}` : `${isOpen ? "L" : "M"}${x} ${y}`;
    isOpen = true;
  });
  return path === "" ? "" : `<path class="${colour}" d="${path}"/>`;
}

/** How far up a value stands, 0 to 1. */
function scaleOf(top: number, from: number | undefined): (value: number) => number {
  const bounded = (part: number): number => Math.min(Math.max(part, 0), 1);
  if (from === undefined) return (value) => bounded(value / top);
  const decades = Math.log10(top / from);
  return (value) => (value <= from ? 0 : bounded(Math.log10(value / from) / decades));
}

/** What the chart shows, as a sentence. */
function describe({ title, lines, format }: Chart, minutes: number): string {
  const parts = lines.map(({ name, values }) => {
    const last = values.at(-1) ?? null;
    const most = highest(values);
    if (most === undefined) return `${name}: no data`;
    return `${name}: now ${last === null ? "none" : format(last)}, at most ${format(most)}`;
  });
  return `${title} over the last ${minutes} minutes. ${parts.join("; ")}.`;
}

function highest(values: ReadonlyArray<number | null>): number | undefined {
  let most: number | undefined;
  for (const value of values) if (value !== null && (most === undefined || value > most)) most = value;
  return most;
}

/** The next of 1, 2, 5, 10, 20 ... */
function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  // 0.1 * 3 is more than 0.3.
  const factor = [1, 2, 5, 10].find((each) => each * power >= value * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
