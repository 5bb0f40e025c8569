/** uPlot with its styles; loaded with the first curve, after the figures of the page. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export { uPlot };
