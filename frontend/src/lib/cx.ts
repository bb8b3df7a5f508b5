import { type ClassValue, clsx } from "clsx";
import { twMerge } from "tailwind-merge";

/** Class names, of which the last of each kind wins: what a caller asks for stands over what a component has. */
export function cx(...classes: ClassValue[]): string {
  return twMerge(clsx(classes));
}
