"""The command line and the files one Cassandra node is started with.

Java 17 hides internals that Cassandra 5 reads, hence the long lists of exports and opens. Cassandra
4 takes them too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXPORTS = (
    "java.base/jdk.internal.misc",
    "java.base/sun.nio.ch",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.management/com.sun.jmx.remote.security",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.rmi/sun.rmi.transport.tcp",
    "java.sql/java.sql",
    "jdk.attach/sun.tools.attach",
    "jdk.unsupported/sun.misc",
)
OPENS = (
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.lang.module",
    "java.base/java.lang.reflect",
    "java.base/java.math",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "java.management/sun.management",
    "jdk.management/com.sun.management.internal",
)

_LOGBACK = """\
<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level %date{HH:mm:ss.SSS} %logger{0} %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="OUT"/></root>
</configuration>
"""


# What Cassandra 4.0 calls the settings that 4.1 gave new names.
_OLD_NAMES = {
    "commitlog_sync_period": "commitlog_sync_period_in_ms",
    "materialized_views_enabled": "enable_materialized_views",
    "write_request_timeout": "write_request_timeout_in_ms",
    "read_request_timeout": "read_request_timeout_in_ms",
    "range_request_timeout": "range_request_timeout_in_ms",
}


@dataclass(frozen=True)
class Ports:
    """The ports of one ring: every node uses the same on its own address, but for JMX."""

    native: int
    storage: int
    ssl_storage: int


@dataclass(frozen=True)
class Node:
    """All that distinguishes one node from the others."""

    home: Path
    host: str
    seed: str
    ports: Ports
    jmx_port: int
    heap: str
    password: bool
    version: str


def config_of(node: Node) -> dict[str, Any]:
    """Its cassandra.yaml, as data."""
    config: dict[str, Any] = {
        "cluster_name": "sqlshim",
        "num_tokens": 16,
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "endpoint_snitch": "SimpleSnitch",
        "commitlog_sync": "periodic",
        "commitlog_sync_period": "10000ms",
        "auto_snapshot": False,
        "materialized_views_enabled": True,
        "listen_address": node.host,
        "rpc_address": node.host,
        "native_transport_port": node.ports.native,
        "storage_port": node.ports.storage,
        "ssl_storage_port": node.ports.ssl_storage,
        "data_file_directories": [str(node.home / "data")],
        "seed_provider": [
            {
                "class_name": "org.apache.cassandra.locator.SimpleSeedProvider",
                "parameters": [{"seeds": f"{node.seed}:{node.ports.storage}"}],
            }
        ],
        # A busy two-core machine pauses longer than a server in a data centre does.
        "write_request_timeout": "10000ms",
        "read_request_timeout": "10000ms",
        "range_request_timeout": "20000ms",
    }
    if node.version.startswith("4.0"):
        config = {_OLD_NAMES.get(name, name): _in_ms(value) for name, value in config.items()}
    for name in ("commitlog", "saved_caches", "hints", "cdc_raw"):
        config[f"{name}_directory"] = str(node.home / name)
    if node.password:
        config["authenticator"] = "PasswordAuthenticator"
        config["authorizer"] = "CassandraAuthorizer"
    return config


def _in_ms(value: Any) -> Any:
    """4.0 knows no units: "10000ms" is 10000 there, in a setting whose name ends in `_in_ms`."""
    is_time = isinstance(value, str) and value.endswith("ms") and value[:-2].isdigit()
    return int(value[:-2]) if is_time else value


def prepare(node: Node, jars: Path, java: str) -> list[str]:
    """Write the node's files and return the command that starts it."""
    conf = node.home / "conf"
    conf.mkdir()
    (conf / "cassandra.yaml").write_text(json.dumps(config_of(node), indent=1))  # JSON is YAML
    (conf / "logback.xml").write_text(_LOGBACK)
    command = [java, "-Xms256m", f"-Xmx{node.heap}", "-ea", "-XX:+UseG1GC"]
    (jamm,) = jars.glob("jamm-*.jar")
    command += [f"-javaagent:{jamm}", "-Djdk.attach.allowAttachSelf=true"]
    for flag, modules in (("exports", EXPORTS), ("opens", OPENS)):
        for module in modules:
            command += [f"--add-{flag}", f"{module}=ALL-UNNAMED"]
    properties = {
        "cassandra.config": (conf / "cassandra.yaml").as_uri(),
        "cassandra.storagedir": node.home,
        "logback.configurationFile": conf / "logback.xml",
        "cassandra-foreground": "yes",
        "cassandra.jmx.local.port": node.jmx_port,
        "cassandra.skip_wait_for_gossip_to_settle": 0,
        "cassandra.ring_delay_ms": 2000,
        "cassandra.superuser_setup_delay_ms": 0,
    }
    command += [f"-D{name}={value}" for name, value in properties.items()]
    return [*command, "-cp", f"{conf}:{jars}/*", "org.apache.cassandra.service.CassandraDaemon"]
