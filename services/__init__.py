"""The five services. They share nothing but `libs.common` and talk by events."""
