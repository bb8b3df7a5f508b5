export type Interval = "month" | "year";
