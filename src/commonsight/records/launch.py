"""Run by path, before anything of ours is imported: become an account, tie our life to the parent's, then exec.

    python -I -S launch.py UID:GID|- SIGNAL PARENT COMMAND [ARGUMENT ...]

A file of its own rather than `preexec_fn`, because Python code between fork and exec can deadlock
in a process that has threads. Standard library only; it must start fast.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Drop privileges, ask the kernel for `SIGNAL` at the parent's death, and become COMMAND."""
    account, signal_number, parent, *command = arguments
    if account != "-":
        uid, gid = (int(part) for part in account.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux" and int(signal_number):
        # After setuid: changing credentials clears the setting.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
        if os.getppid() != int(parent):
            raise SystemExit("the parent died before its child was up")
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606 - the caller gives an absolute path, there is no shell


if __name__ == "__main__":
    main(sys.argv[1:])
