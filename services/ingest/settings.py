"""Ingest's settings: what every service has, where files lie, and how large they may be."""

from pydantic import Field

from libs.common.settings import CommonSettings, database_url_field

GIB = 1024 * 1024 * 1024


class IngestSettings(CommonSettings):
    """Read from the environment, checked at start."""

    service: str = "ingest"
    database_url: str = database_url_field("INGEST")
    storage_url: str = Field(description="file:///folder, or s3://bucket?endpoint=…&region=…")
    max_upload_bytes: int = Field(default=GIB, ge=1)
    reading_memory_bytes: int = Field(default=3 * GIB // 2, ge=128 * 1024 * 1024)
    reading_cpu_seconds: int = Field(default=600, ge=1)
    export_memory_bytes: int = Field(default=GIB, ge=128 * 1024 * 1024)
    max_text_chars: int = Field(default=1_000_000_000, ge=1000)
