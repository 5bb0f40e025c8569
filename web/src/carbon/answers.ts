/** What the service says of an inventory, records and closed periods. */

import type { Schemas } from "../api.ts";

export type InventoryLine = Schemas["InventoryLine"];
export type Intensity = Schemas["IntensityAnswer"];
export type PeriodEntry = Schemas["PeriodEntry"];
export type PeriodFigures = Schemas["PeriodAnswer"];
