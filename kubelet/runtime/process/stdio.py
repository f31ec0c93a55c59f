"""A container's standard input, output and error: pipes, or a terminal out of the container's own devpts.

Called by the shim: made before it forks, then `inside` in the process that becomes the container and `outside` in the
shim. A terminal can only be made inside, where that devpts is; its other end comes out over a socket, as it does
with runc. It imports as little as it can.
"""

import fcntl
import os
import struct
import termios

_TIOCSPTLCK, _TIOCGPTN = 0x40045431, 0x80045430  # unlock a terminal, and its number: Python's termios lacks them


def open_terminal(devpts: str) -> tuple:
    """A terminal of that devpts, so that it has a name where it is mounted: both ends. Raises OSError."""
    master = os.open(f"{devpts}/ptmx", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(master, _TIOCSPTLCK, struct.pack("i", 0))
        (number,) = struct.unpack("i", fcntl.ioctl(master, _TIOCGPTN, bytes(4)))
        return master, os.open(f"{devpts}/{number}", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        os.close(master)
        raise


def make(terminal: bool, stdin: bool) -> "Pipes | Terminal":
    return Terminal() if terminal else Pipes(stdin)


class Pipes:
    """Without `stdin` the container's input is at its end from the beginning."""

    def __init__(self, stdin: bool):
        self._out, self._err = os.pipe(), os.pipe()
        self._input = os.pipe() if stdin else None

    def inside(self, user: int) -> None:
        """Become this process's own streams; the container's user may open them by name."""
        source = self._input[0] if self._input else os.open("/dev/null", os.O_RDONLY)
        for number, fd in enumerate((source, self._out[1], self._err[1])):
            os.dup2(fd, number)
            if user and fd != source:
                os.fchown(fd, user, -1)

    def outside(self) -> tuple:
        """The end to write to (-1: none), those to read from, and those to hold until the container has ended."""
        for fd in (self._out[1], self._err[1], *(self._input or ())[:1]):
            os.close(fd)
        return self._input[1] if self._input else -1, {self._out[0]: b"stdout", self._err[0]: b"stderr"}, ()


class Terminal:
    """One stream in each direction: what is written to standard error comes out with the rest."""

    def __init__(self) -> None:
        import socket

        self._parcel = socket.socketpair()

    def inside(self, user: int) -> None:
        """Becomes this session's terminal, and the process's streams."""
        import socket

        master, slave = open_terminal("/dev/pts")
        socket.send_fds(self._parcel[1], [b"terminal"], [master, slave])
        if user:
            os.fchown(slave, user, -1)
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for number in range(3):
            os.dup2(slave, number)

    def outside(self) -> tuple:
        """As those of Pipes. The other end is held, so that reading goes on when nobody in there has it open."""
        import socket

        _, (master, slave), _, _ = socket.recv_fds(self._parcel[0], 16, 2)
        for end in self._parcel:
            end.close()
        return master, {master: b"stdout"}, (slave,)
