"""Memory that the server and this process share, for the elements of large tensors.

A region is a file in memory. Whoever makes one sends its number, its size and its descriptor over the side
socket, before the first message that names it. Regions of the server have positive numbers and can only be
read here; those of this process have negative ones. Both are used again and again: to make one costs more
than to fill it.
"""

import collections
import fcntl
import mmap
import os
import socket
import struct
import threading

from .shields import shield

# Elements of fewer bytes travel in messages.
SHARED_FROM = 16 * 1024
_SMALLEST_REGION = 64 * 1024
# Regions of this process that nobody uses are kept up to so many bytes in all.
_IDLE_LIMIT = 64 * 1024 * 1024
_ANNOUNCEMENT = struct.Struct("<qQ")
# No pages are taken out, and only mappings that are there can be written. Python names it since 3.13.
_SEAL_FUTURE_WRITE = 0x10


def _seal(descriptor):
    seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
    try:
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals | _SEAL_FUTURE_WRITE)
    except OSError:
        # Before Linux 5.1.
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)


class _Block:
    """A region of this process."""

    __slots__ = ("number", "capacity", "memory")

    def __init__(self, number, capacity, memory):
        self.number = number
        self.capacity = capacity
        self.memory = memory


class Lent:
    """The first bytes of a region of this process, until nobody has this any more."""

    __slots__ = ("_regions", "_block", "byte_count")

    def __init__(self, regions, block, byte_count):
        self._regions = regions
        self._block = block
        self.byte_count = byte_count

    def __del__(self):
        self._regions.give_back(self._block)

    @property
    def number(self):
        return self._block.number

    @property
    def memory(self):
        """The whole region."""
        return self._block.memory

    @property
    def view(self):
        """The bytes, which may be written."""
        return memoryview(self._block.memory)[:self.byte_count]


class Regions:
    """All regions that this process knows. `side` is the side socket, of whole messages."""

    def __init__(self, side, release):
        """`release(number)` tells the server that it need not keep a region of ours any more."""
        self._side = side
        self._release = release
        self._lock = threading.Lock()
        self._theirs = {}
        self._idle = collections.defaultdict(list)
        self._idle_bytes = 0
        # Given back by tensors that have gone, in whatever code that was.
        self._returned = collections.deque()
        self._last = 0

    def theirs(self, number, offset, byte_count, dropped=()):
        """Bytes of a region of the server, which can be read only.

        `dropped` are numbers of regions that the server has given up; their memory goes with the last view.
        """
        # An announcement that was taken and not kept would be waited for for ever.
        with shield(), self._lock:
            for gone in dropped:
                self._theirs.pop(gone, None)
            while number not in self._theirs:
                data, descriptors, _, _ = socket.recv_fds(self._side, _ANNOUNCEMENT.size, 1)
                found, size = _ANNOUNCEMENT.unpack(data)
                self._theirs[found] = mmap.mmap(descriptors[0], size, prot=mmap.PROT_READ)
                os.close(descriptors[0])
            return memoryview(self._theirs[number])[offset:offset + byte_count]

    def lend(self, byte_count):
        """So many bytes, `Lent`; of what was in them nothing is said.

        Raises `BlockingIOError` while the server has not looked at those that were made before.
        """
        capacity = max(_SMALLEST_REGION, 1 << (byte_count - 1).bit_length())
        with shield(), self._lock:
            self._take_returned()
            if self._idle[capacity]:
                block = self._idle[capacity].pop()
                self._idle_bytes -= capacity
            else:
                block = self._make(capacity)
            return Lent(self, block, byte_count)

    def give_back(self, block):
        """Nobody here uses the block any more, and the server has read it. Takes no lock."""
        self._returned.append(block)

    def _take_returned(self):
        while self._returned:
            block = self._returned.popleft()
            if self._idle_bytes + block.capacity <= _IDLE_LIMIT:
                self._idle[block.capacity].append(block)
                self._idle_bytes += block.capacity
            else:
                self._release(block.number)
                block.memory = None

    def _make(self, capacity):
        self._last -= 1
        descriptor = os.memfd_create("flows", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            # The server maps only what cannot shrink under it, and what has all of its pages.
            os.posix_fallocate(descriptor, 0, capacity)
            memory = mmap.mmap(descriptor, capacity)
            _seal(descriptor)
            # The server takes announcements when it reads of a region that it does not know.
            # `socket.send_fds` knows no flags.
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", descriptor))
            announcement = _ANNOUNCEMENT.pack(self._last, capacity)
            self._side.sendmsg([announcement], [rights], socket.MSG_DONTWAIT)
        finally:
            os.close(descriptor)
        return _Block(self._last, capacity, memory)
