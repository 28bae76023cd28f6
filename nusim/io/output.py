"""A file that appears under its name only when it is whole."""

import fcntl
import gzip
import hashlib
import os
import queue
import shutil
import threading
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from ..errors import DataFileError
from .journal import Journal

GZIP_LEVEL = 2
"""Level 2 leaves 0.35 of the size at 60 MB/s, level 6 leaves 0.31 at 19 MB/s: digits do not compress further.
igzip's level 2 leaves the same."""


_BLOCK = 1 << 20
_WAITING = 4
"""Pieces that may wait to be written: bounds the memory."""


class OutputFile:
    """A binary stream into `<path>.part`, moved to `path` when the `with` block ends well, removed when it does not.

    With `compress` the stream is gzip without name and time in its head, so that equal content gives equal files.
    Whatever the system refuses (no space, no permission, no folder) becomes a DataFileError of one line.

    With `key` (what the content depends on) a log is kept of what `mark` is told. If an earlier run with this key was interrupted or
    killed, the stream begins with what that run had marked (`resumed`); an interrupted one leaves its `.part` file for that.
    """

    def __init__(self, path: str | os.PathLike[str], compress: bool = False, key: str | None = None) -> None:
        # a link is followed: the finished file replaces what it points to, not the link
        self.path = Path(os.path.realpath(path)) if os.path.islink(path) else Path(path)
        if not self.path.name:
            raise DataFileError(f"{os.fspath(path)!r} is no name of a file")
        self._part = self.path.with_name(self.path.name + ".part")
        self._compress = compress
        self._journal = None if key is None else Journal(self._part, key)
        self.resumed: list[dict[str, Any]] = []
        """What the earlier run had noted of the chunks that the stream begins with."""

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        """In another process, which may make what is to be written, it is not open."""
        return OutputFile, (self.path, self._compress)

    @property
    def sha256(self) -> str:
        """Of the uncompressed content written so far."""
        self._queue.join()
        self._check()
        return self._digest.hexdigest()

    def __enter__(self) -> Self:
        self._digest = hashlib.sha256()
        self._gzip = _compressor() if self._compress else None
        self._queue: queue.Queue[bytes | dict[str, Any] | None] = queue.Queue(_WAITING)
        self._failure: BaseException | None = None
        try:
            check_name(self.path)
            self._stream = self._open()
        except OSError as error:
            raise self._refusal(error) from None
        self._worker: threading.Thread | None = threading.Thread(target=self._work, name=f"writing {self.path.name}", daemon=True)
        self._worker.start()
        return self

    def _open(self) -> BinaryIO:
        """The part file, at the end of what an earlier run marked, or empty."""
        stream = open(self._part, "ab+")  # noqa: SIM115 (the writing thread's, closed with the file)
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stream.close()
            raise DataFileError(f"{self.path}: another run is writing it now") from None
        entries = self._journal.entries() if self._journal is not None else []
        size = int(entries[-1]["size"]) if entries else 0
        stream.truncate(size)
        if size:
            stream.seek(0)
            content = gzip.GzipFile(fileobj=stream, mode="rb") if self._compress else stream
            while block := content.read(_BLOCK):
                self._digest.update(block)
            stream.seek(size)
        if self._journal is not None:
            self._journal.begin(entries)
        else:
            Journal(self._part, "").end()  # what it says of the part file no longer holds
        self.resumed = [entry["note"] for entry in entries]
        return stream

    def _work(self) -> None:
        """What the thread does: digest, compress, write; all three let the events' makers go on meanwhile."""
        while True:
            content = self._queue.get()
            try:
                if content is None:
                    return
                if self._failure is not None:
                    continue
                if isinstance(content, dict):
                    self._note(content)
                else:
                    self._digest.update(content)
                    self._stream.write(content if self._gzip is None else self._gzip.compress(content))
            except BaseException as failure:
                self._failure = failure
            finally:
                self._queue.task_done()

    def mark(self, note: dict[str, Any]) -> None:
        """Note that a chunk is whole, for a later run to go on from here; without a key nothing is noted."""
        if self._journal is not None:
            self._check()
            self._queue.put(note)

    def _note(self, note: dict[str, Any]) -> None:
        if self._gzip is not None:
            # a gzip file may have several members: each chunk has its own, so that the file can be cut behind it
            self._stream.write(self._gzip.flush())
            self._gzip = _compressor()
        self._stream.flush()
        assert self._journal is not None, "only streams with a key are marked"
        self._journal.add({"size": self._stream.tell(), "note": note})

    def _stop(self) -> None:
        """Let the thread finish what waits."""
        if self._worker is not None:
            self._queue.put(None)
            self._worker.join()
            self._worker = None

    def _check(self) -> None:
        """Raise what went wrong in the thread."""
        if isinstance(self._failure, OSError):
            raise self._refusal(self._failure) from None
        if self._failure is not None:
            raise self._failure

    def write(self, content: bytes) -> None:
        """Append; DataFileError, at this or a later call or at the end of the block, if the system refuses."""
        self._check()
        self._queue.put(content)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self._discard(keep=issubclass(kind, KeyboardInterrupt) and self._journal is not None)
            return
        try:
            self._stop()
            self._check()
            if self._gzip is not None:
                self._stream.write(self._gzip.flush())
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            os.replace(self._part, self.path)
        except BaseException as failure:
            self._discard()
            if isinstance(failure, OSError):
                raise self._refusal(failure) from None
            raise
        if self._journal is not None:
            self._journal.end()

    def _discard(self, keep: bool = False) -> None:
        """Let go of the file; `keep` it, with its log, for a later run."""
        if not keep:
            self._failure = self._failure or InterruptedError()  # what waits is not written
        self._stop()
        try:
            self._stream.close()
        except OSError:
            pass  # the buffer could not be flushed; the file goes anyway
        finally:
            if not keep:
                self._part.unlink(missing_ok=True)
                if self._journal is not None:
                    self._journal.end()

    def _refusal(self, error: OSError) -> DataFileError:
        return DataFileError(f"{self.path}: cannot be written: {error.strerror or error}; nothing is left under that name")


def _compressor() -> Any:
    """A gzip stream: by isal's igzip where it is installed (extra `fast`), which is some times faster than zlib."""
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return isal_zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)


class PartFile:
    """A name `part` for a library that writes a file itself, moved to `path` when the `with` block ends well, removed when it does not."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(os.path.realpath(path)) if os.path.islink(path) else Path(path)
        if not self.path.name:
            raise DataFileError(f"{os.fspath(path)!r} is no name of a file")
        self.part = self.path.with_name(self.path.name + ".part")

    def __enter__(self) -> Self:
        try:
            check_name(self.path)
            self.part.unlink(missing_ok=True)
        except OSError as error:
            raise self.refusal(error) from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                with open(self.part, "rb") as stream:
                    os.fsync(stream.fileno())
                os.replace(self.part, self.path)
        except OSError as failure:
            raise self.refusal(failure) from None
        finally:
            self.part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise self.refusal(error) from None

    def refusal(self, error: OSError) -> DataFileError:
        """What the system said, in a line."""
        return DataFileError(f"{self.path}: cannot be written: {error.strerror or error}; nothing is left under that name")


def check_name(path: Path) -> None:
    """Refuse what a finished file could not replace, and a folder that is not there."""
    if path.is_dir():
        raise DataFileError(f"{path}: is a folder; give the name of a file")
    if path.exists() and not path.is_file():
        raise DataFileError(f"{path}: is a device or pipe, which the finished file would replace; give the name of a file")
    if not path.parent.is_dir():
        raise DataFileError(f"{path}: there is no folder {path.parent}")


def check_free_space(path: str | os.PathLike[str], size: int) -> None:
    """Refuse, before any work, a file of about `size` bytes that the disk under `path` cannot take."""
    folder = Path(path).parent
    if not folder.is_dir():
        raise DataFileError(f"{path}: there is no folder {folder}")
    free = shutil.disk_usage(folder).free
    if size > free:
        raise DataFileError(f"{path}: about {_readable(size)} are needed, {_readable(free)} are free; ask for fewer events or another disk")


def _readable(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
