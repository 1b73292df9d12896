using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace QueueService.Storage.Files;

/// <summary>A file of the operating system. Nothing here allocates except on failure.</summary>
internal sealed class PhysicalFile(string path, int flags, uint mode = 0) : IFile
{
    private readonly SafeFileHandle _handle = OpenHandle(path, flags, mode);

    public long Length
    {
        get
        {
            // The descriptor's own position is moved by this and used by nothing.
            var length = Posix.Seek(_handle, 0, Posix.SeekEnd);
            if (length < 0)
                Errno.Throw("lseek", path);
            return length;
        }
    }

    /// <summary>Opens a path of the operating system; interrupted opens are repeated.</summary>
    public static SafeFileHandle OpenHandle(string path, int flags, uint mode = 0)
    {
        while (true)
        {
            var handle = Posix.Open(path, flags | Posix.OpenCloseOnExec, mode);
            if (!handle.IsInvalid)
                return handle;
            handle.Dispose();
            if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                Errno.Throw("open", path);
        }
    }

    public int Read(Span<byte> buffer, long position)
    {
        var done = 0;
        while (done < buffer.Length)
        {
            var rest = buffer[done..];
            var count = Posix.ReadAt(_handle, ref MemoryMarshal.GetReference(rest), rest.Length, position + done);
            if (count > 0)
                done += (int)count;
            else if (count == 0)
                break;
            else if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                Errno.Throw("pread", path);
        }

        return done;
    }

    public void Write(ReadOnlySpan<byte> bytes, long position)
    {
        while (!bytes.IsEmpty)
        {
            var count = Posix.WriteAt(_handle, in MemoryMarshal.GetReference(bytes), bytes.Length, position);
            if (count > 0)
            {
                bytes = bytes[(int)count..];
                position += count;
            }
            else if (count == 0)
            {
                // Not possible for regular files; without this the loop would never end.
                throw new IOException($"pwrite of '{path}' wrote nothing.");
            }
            else if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
            {
                Errno.Throw("pwrite", path);
            }
        }
    }

    public void SetLength(long length)
    {
        while (Posix.Truncate(_handle, length) != 0)
            if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                Errno.Throw("ftruncate", path);
    }

    public void Sync()
    {
        // No retry, also not of EINTR: after any failure the kernel may have marked the lost pages clean.
        if (Posix.SyncData(_handle) != 0)
            Errno.ThrowSyncFailed("fdatasync", path);
    }

    public void StartWriteback(long position, long length)
    {
        if (Posix.SyncRange(_handle, position, length, Posix.StartWrite) == 0)
            return;
        // A hint may be unsupported or cut short; the sync that follows does the work.
        if (Marshal.GetLastPInvokeError() is not (Errno.NotImplemented or Errno.Interrupted))
            Errno.Throw("sync_file_range", path);
    }

    public void Dispose() => _handle.Dispose();
}
