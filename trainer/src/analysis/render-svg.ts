import type { EChartsOption } from 'echarts';

/** Size of a chart, in CSS pixels. */
export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/** Colours that people with any kind of colour vision can tell apart: Okabe and Ito's, the darker ones first. */
export const CHART_COLORS: readonly string[] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

/** What all charts have in common; a chart's own options come after it. */
export const CHART_STYLE: EChartsOption = {
  animation: false,
  backgroundColor: '#fff',
  color: [...CHART_COLORS],
  textStyle: { fontFamily: 'system-ui, sans-serif' },
};

/**
 * Draw a chart as SVG text, without a browser. Equal options give equal texts.
 *
 * @param id letters, digits and dashes; starts the names of clip paths, so that one page can hold several charts.
 */
export async function renderSvg(id: string, option: EChartsOption, size: ChartSize): Promise<string> {
  const echarts = await import('echarts');
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({ ...CHART_STYLE, ...option });
    return withStableNames(id, withoutInteraction(chart.renderToSVGString()));
  } finally {
    chart.dispose();
  }
}

/** Remove what only a script of echarts or a pointer would use. */
function withoutInteraction(svg: string): string {
  return svg
    .replace(/<style ?>.*?<\/style>\n?/s, '')
    .replace(/ (class="zr\d+-cls-\d+"|ecmeta_\w+="[^"]*"|pointer-events="visible")/g, '');
}

/** Renumber the clip paths within this chart; echarts numbers them over all charts that a process draws. */
function withStableNames(id: string, svg: string): string {
  const numbers = new Map<string, number>();
  return svg.replace(/\bzr\d+-\w+/g, (name) => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return `${id}-${number}`;
  });
}
