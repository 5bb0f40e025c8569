/** What the service says of bills, demand, band shares and costs. Money is decimal text. */

import type { Schemas } from "../api.ts";

export type LineKind = Schemas["LineKind"];
export type BillLine = Schemas["BillLine"];
export type Bill = Schemas["Bill"];
export type MaximumDemand = Schemas["MaximumDemand"];
export type Bills = Schemas["BillsAnswer"];
/** One area's own bill. */
export type OneBill = Schemas["BillAnswer"];
export type Shares = Schemas["SharesAnswer"];
export type Costs = Schemas["CostAnswer"];
export type Side = Schemas["Side"];
export type Comparison = Schemas["ComparisonAnswer"];
export type DemandMonth = Schemas["DemandAnswer"];
