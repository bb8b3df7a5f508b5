"""An S3 server for tests, on this machine and in memory."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

REGION = "us-east-1"


@contextmanager
def s3_server() -> Generator[str]:
    """Its address. It knows the credentials `test`/`test`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@dataclass(frozen=True)
class Bucket:
    """One bucket of a server, as its owner sees it."""

    name: str
    endpoint: str

    @classmethod
    def make(cls, name: str, *, endpoint: str, env: pytest.MonkeyPatch) -> Bucket:
        """A new bucket, with the credentials for it in the environment."""
        env.setenv("AWS_ACCESS_KEY_ID", "test")
        env.setenv("AWS_SECRET_ACCESS_KEY", "test")
        bucket = cls(name.replace("_", "-").lower(), endpoint)
        bucket.client().create_bucket(Bucket=bucket.name)
        return bucket

    def url(self, prefix: str) -> str:
        """What STORAGE_URL says of it."""
        return f"s3://{self.name}/{prefix}?endpoint={self.endpoint}&region={REGION}"

    def client(self) -> Any:
        """The usual client of S3, in front of this server."""
        return boto3.client("s3", endpoint_url=self.endpoint, region_name=REGION)

    def objects(self) -> list[str]:
        """Every object in it."""
        return sorted(found["Key"] for found in self.client().list_objects_v2(Bucket=self.name).get("Contents", []))

    def unfinished(self) -> list[str]:
        """Objects that somebody began to send in parts and neither ended nor gave up: nobody sees them, all pay for them."""
        return [found["Key"] for found in self.client().list_multipart_uploads(Bucket=self.name).get("Uploads", [])]
