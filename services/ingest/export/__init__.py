"""Giving the sheet back: the original columns and the new ones, streamed into XLSX and CSV by a child process."""
