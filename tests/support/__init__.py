"""What tests share: the servers they run against, and builders."""
