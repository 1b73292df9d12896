using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace QueueService.Storage.Files;

/// <summary>The system calls of the physical disk, unchecked; 64-bit Linux, glibc or musl.</summary>
/// <remarks>
/// They are called directly because on .NET 10 <c>FileStream.Flush(true)</c> and <c>RandomAccess.FlushToDisk</c> return
/// normally when fsync fails. Handles are passed as safe handles, so that a descriptor number can never be reused
/// under a running call.
/// </remarks>
internal static partial class Posix
{
    public const int OpenRead = 0;
    public const int OpenReadWrite = 2;
    public const int OpenCreate = 0x40;
    public const int OpenExclusive = 0x80;

    /// <summary>Children must not inherit descriptors: one of them is the lock of the data directory.</summary>
    public const int OpenCloseOnExec = 0x80000;

    public const int SeekEnd = 2;
    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;

    /// <summary>Starts writing, does not wait. The waiting flags would report a writeback error once and so hide it
    /// from the fdatasync that has to see it.</summary>
    public const uint StartWrite = 2;

    private const string Libc = "libc";

    [LibraryImport(Libc, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle Open(string path, int flags, uint mode);

    [LibraryImport(Libc, EntryPoint = "pread", SetLastError = true)]
    public static partial nint ReadAt(SafeFileHandle file, ref byte buffer, nint count, long position);

    [LibraryImport(Libc, EntryPoint = "pwrite", SetLastError = true)]
    public static partial nint WriteAt(SafeFileHandle file, ref readonly byte buffer, nint count, long position);

    [LibraryImport(Libc, EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(SafeFileHandle file, long offset, int origin);

    [LibraryImport(Libc, EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int Truncate(SafeFileHandle file, long length);

    [LibraryImport(Libc, EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int SyncData(SafeFileHandle file);

    [LibraryImport(Libc, EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeFileHandle file);

    [LibraryImport(Libc, EntryPoint = "syncfs", SetLastError = true)]
    public static partial int SyncFileSystem(SafeFileHandle anyFile);

    [LibraryImport(Libc, EntryPoint = "sync_file_range", SetLastError = true)]
    public static partial int SyncRange(SafeFileHandle file, long offset, long count, uint flags);

    [LibraryImport(Libc, EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(SafeFileHandle file, int operation);

    [LibraryImport(Libc, EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Access(string path, int mode);

    [LibraryImport(Libc, EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeFolder(string path, uint mode);

    [LibraryImport(Libc, EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveFolder(string path);

    [LibraryImport(Libc, EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);

    [LibraryImport(Libc, EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);
}
