/** The parts of ECharts that the page draws with; loaded with the first chart. */

import { BarChart, HeatmapChart, LineChart, SankeyChart } from "echarts/charts";
import { GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, HeatmapChart, SankeyChart, GridComponent, TooltipComponent, MarkAreaComponent, MarkLineComponent, VisualMapComponent, CanvasRenderer]);

export { init };
