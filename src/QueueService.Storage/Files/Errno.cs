using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace QueueService.Storage.Files;

/// <summary>The error numbers of Linux (the same on x64 and arm64) and the exceptions that they become.</summary>
internal static class Errno
{
    public const int NotFound = 2;
    public const int Interrupted = 4;
    public const int WouldBlock = 11;
    public const int Exists = 17;
    public const int NotAFolder = 20;
    public const int NotImplemented = 38;

    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;

    /// <summary>Throws what the last system call of this thread reported.</summary>
    [DoesNotReturn]
    public static void Throw(string call, string path) => throw ToException(Marshal.GetLastPInvokeError(), call, path);

    /// <summary>Throws for a failed sync. Never <see cref="DiskFullException"/>, also when space has run out: a full
    /// disk can be waited for, data lost by a failed sync cannot.</summary>
    [DoesNotReturn]
    public static void ThrowSyncFailed(string call, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        throw new IOException(Describe(error, call, path), error);
    }

    public static IOException ToException(int error, string call, string path) => error switch
    {
        NoSpace or QuotaExceeded => new DiskFullException(Describe(error, call, path)),
        NotFound => new FileNotFoundException(Describe(error, call, path), path),
        _ => new IOException(Describe(error, call, path), error),
    };

    private static string Describe(int error, string call, string path) =>
        $"{call} of '{path}' failed with {Name(error)}: {Marshal.GetPInvokeErrorMessage(error)}.";

    private static string Name(int error) => error switch
    {
        1 => "EPERM",
        NotFound => "ENOENT",
        Interrupted => "EINTR",
        5 => "EIO",
        9 => "EBADF",
        WouldBlock => "EAGAIN",
        12 => "ENOMEM",
        13 => "EACCES",
        16 => "EBUSY",
        Exists => "EEXIST",
        18 => "EXDEV",
        NotAFolder => "ENOTDIR",
        21 => "EISDIR",
        22 => "EINVAL",
        23 => "ENFILE",
        24 => "EMFILE",
        27 => "EFBIG",
        NoSpace => "ENOSPC",
        30 => "EROFS",
        36 => "ENAMETOOLONG",
        NotImplemented => "ENOSYS",
        39 => "ENOTEMPTY",
        116 => "ESTALE",
        QuotaExceeded => "EDQUOT",
        _ => $"errno {error}",
    };
}
