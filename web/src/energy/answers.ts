/** What the service says of pools and of places in balance. */

import type { Schemas } from "../api.ts";

export type Line = (number | null)[];
export type PoolRow = Schemas["PoolRow"];
export type Pool = Schemas["Pool"];
export type ConverterSeries = Schemas["ConverterSeries"];
export type Pools = Schemas["PoolsAnswer"];
export type BalancePart = Schemas["BalancePart"];
export type BalanceSeries = Schemas["BalanceSeries"];
export type Balances = Schemas["BalanceAnswer"];
