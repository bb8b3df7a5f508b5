const FORMAT = new Intl.NumberFormat("en", {
  style: "currency",
  currency: "USD",
  minimumFractionDigits: 4,
  maximumFractionDigits: 4,
});

/** Millionths of a US dollar, as providers' price lists have them: 258743 → "$0.2587". */
export function dollars(microusd: number): string {
  return FORMAT.format(microusd / 1_000_000);
}
