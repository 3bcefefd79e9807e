"""kamailio as a registrar with digest authentication: the peer of `bench.register`."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from commonsight.simulate.gb28181.identity import Identity

WORKERS = 2
"""Processes for each transport: what one machine of two cores can run at once."""

_MODULES = ("db_text", "sl", "tm", "pv", "textops", "siputils", "usrloc", "registrar", "auth", "htable")

_CONFIG = """\
debug=0
log_stderror=yes
fork=yes
children={workers}
tcp_children={workers}
tcp_max_connections=32768
tcp_connection_lifetime=7200
tcp_accept_no_cl=yes
open_files_limit=20000
disable_sctp=yes
auto_aliases=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
{loads}
modparam("htable", "db_url", "text://{directory}/tables")
modparam("htable", "htable", "passwords=>size=13;dbtable=passwords")
modparam("usrloc", "db_mode", 0)
modparam("usrloc", "use_domain", 0)
modparam("registrar", "max_expires", 86400)
modparam("auth", "nonce_expire", 300)

request_route {{
    force_rport();
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("{realm}", "$sht(passwords=>$au)", "0")) {{
            www_challenge("{realm}", "0");
            exit;
        }}
        save("location");
        exit;
    }}
    if (is_method("MESSAGE")) {{
        if (registered("location", "$fu")) {{
            sl_send_reply("200", "OK");
        }} else {{
            sl_send_reply("403", "Forbidden");
        }}
        exit;
    }}
    sl_send_reply("405", "Method Not Allowed");
}}
"""


def program() -> str:
    """Where kamailio is. Raises RuntimeError when it is not on this machine."""
    found = shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeError("kamailio is not installed (Debian: kamailio)")
    return found


def version() -> str:
    """As it says itself; "" when it is not there."""
    try:
        said = subprocess.run([program(), "-v"], capture_output=True, text=True, timeout=10).stdout
    except (OSError, RuntimeError, subprocess.SubprocessError):
        return ""
    found = re.search(r"kamailio (\S+)", said)
    return found[1] if found else ""


def configure(directory: Path, port: int, realm: str, who: Iterable[Identity]) -> Path:
    """Write its configuration and the table of passwords; returns the configuration's path."""
    tables = directory / "tables"
    tables.mkdir()
    (tables / "version").write_text("table_name(string) table_version(int)\nhtable:2\npasswords:2\n")
    head = "id(int,auto) key_name(string) key_type(int) value_type(int) key_value(string) expires(int)\n"
    rows = [f"{number}:{one.code}:0:0:{one.password}:0\n" for number, one in enumerate(who, 1)]
    (tables / "passwords").write_text(head + "".join(rows))
    loads = "\n".join(f'loadmodule "{name}.so"' for name in _MODULES)
    config = directory / "kamailio.cfg"
    config.write_text(
        _CONFIG.format(workers=WORKERS, port=port, loads=loads, directory=directory, realm=realm), "utf-8"
    )
    return config
