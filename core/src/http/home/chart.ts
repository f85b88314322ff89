import { html, type Html } from '../pages/html.ts';
import type { Chart } from './panel.ts';

const SIZE = { width: 960, height: 300, left: 52, right: 8, top: 12, bottom: 30 } as const;
const COLOURS = 6;

/** Bars by place, and a line across each group where the truth is. */
export function chartHtml({ places, series }: Chart): Html {
  const ticks = ticksUpTo(Math.max(...places.flatMap(({ truth, values }) => [truth, ...values])));
  const top = ticks.at(-1) ?? 1;
  const inner = { width: SIZE.width - SIZE.left - SIZE.right, height: SIZE.height - SIZE.top - SIZE.bottom };
  const y = (value: number): number => SIZE.top + inner.height * (1 - Math.max(0, value) / top);
  const slot = inner.width / places.length;
  const gap = Math.min(slot * 0.28, 40);
  const bar = Math.min((slot - gap) / series.length, 46);
  const group = bar * series.length;
  const sameColour = series.length === 1;
  return html`<figure class="chart">
    <svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="Models beside the truth">
      ${ticks.map(
        (tick) =>
          html`<g class="grid"
            ><line
              x1="${SIZE.left}"
              x2="${SIZE.width - SIZE.right}"
              y1="${round(y(tick))}"
              y2="${round(y(tick))}"
            /><text x="${SIZE.left - 8}" y="${round(y(tick) + 4)}">${short(tick)}</text></g
          >`,
      )}${places.map(({ label, truth, values }, place) => {
        const left = SIZE.left + slot * place + (slot - group) / 2;
        return html`<g
          >${values.map(
            (value, at) =>
              html`<rect
                class="c${sameColour ? (place % COLOURS) + 1 : (at % COLOURS) + 1}"
                x="${round(left + bar * at + 1)}"
                y="${round(y(value))}"
                width="${round(Math.max(2, bar - 2))}"
                height="${round(SIZE.top + inner.height - y(value))}"
                rx="2"
                ><title>${label}, ${series[at] ?? ''}: ${value.toLocaleString('en')}</title></rect
              >`,
          )}<line
            class="truth"
            x1="${round(left - 5)}"
            x2="${round(left + group + 5)}"
            y1="${round(y(truth))}"
            y2="${round(y(truth))}"
            ><title>${label}, truth: ${truth.toLocaleString('en')}</title></line
          ><text class="label" x="${round(left + group / 2)}" y="${SIZE.height - SIZE.bottom + 18}"
            >${cut(label, slot)}</text
          ></g
        >`;
      })}
    </svg>
    <figcaption>
      <span class="key line"></span>truth${
        sameColour
          ? html`<span class="unit">${series[0] ?? ''}</span>`
          : series.map((name, at) => html`<span class="key c${(at % COLOURS) + 1}"></span>${name}`)
      }
    </figcaption>
  </figure>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
const short = (value: number): string =>
  new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(value);

/** A label that fits under its group: seven units a letter, and some air. */
function cut(label: string, width: number): string {
  const most = Math.max(4, Math.floor(width / 7.6));
  return label.length <= most ? label : `${label.slice(0, most - 1)}…`;
}

/** Round numbers from nothing to above the highest, four or so. */
function ticksUpTo(highest: number): number[] {
  const rough = Math.max(1, highest) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((one) => one * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.ceil(Math.max(1, highest) / step) + 1 }, (_, at) => at * step);
}
