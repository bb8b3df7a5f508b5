import { unreachable } from "@/api/problem";

/** What people are told, by the codes of Supabase Auth. */
const WORDS: Record<string, string> = {
  invalid_credentials: "That email and password do not belong together. Check both, or reset the password.",
  email_not_confirmed: "Confirm your address first: open the link in the mail we sent you.",
  weak_password: "That password is too easy to guess. Use at least 10 characters.",
  over_request_rate_limit: "Too many attempts. Wait a minute, then try again.",
  over_email_send_rate_limit: "We have just sent you a mail. Wait a few minutes before you ask for another.",
  otp_expired: "This link has been used or is too old. Ask for another.",
  same_password: "That is the password you have. Choose another.",
};

/** A refusal of the issuer as an error that says what to do. */
export function refusal(error: { code?: string; message: string; status?: number }): Error {
  if (error.status === undefined || error.status === 0) return unreachable();
  return new Error((error.code && WORDS[error.code]) || error.message);
}
