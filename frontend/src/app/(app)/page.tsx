import type { Metadata } from "next";
import { Home } from "@/features/home/home";

export const metadata: Metadata = { title: { absolute: "Home · Corofy" } };

export default function Page() {
  return <Home />;
}
