"use client";

import { type ComponentProps, Suspense, lazy } from "react";
import type * as Parts from "./dialog-parts";

const LazyDialog = lazy(() => import("./dialog-parts").then(({ Dialog }) => ({ default: Dialog })));
const LazySidePanel = lazy(() => import("./dialog-parts").then(({ SidePanel }) => ({ default: SidePanel })));

/** A question or a short form over the page. Escape and a click beside it close it. Its code comes when it is first opened. */
export function Dialog(props: ComponentProps<typeof Parts.Dialog>) {
  return <Suspense>{props.open && <LazyDialog {...props} />}</Suspense>;
}

/** Details of something in a list, which stays in view behind it. */
export function SidePanel(props: ComponentProps<typeof Parts.SidePanel>) {
  return <Suspense>{props.open && <LazySidePanel {...props} />}</Suspense>;
}
