"use client";

import { Choices } from "@/ui/field";

export type DaysAhead = "14" | "30" | "90";

/** How far a forecast looks. */
export function ChooseDaysAhead({ value, onChange }: { value: DaysAhead; onChange: (days: DaysAhead) => void }) {
  return (
    <Choices
      label="How far"
      value={value}
      onChange={onChange}
      options={[
        { value: "14", label: "2 weeks" },
        { value: "30", label: "30 days" },
        { value: "90", label: "90 days" },
      ]}
    />
  );
}
