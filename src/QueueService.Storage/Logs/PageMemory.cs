using System.Runtime.InteropServices;

namespace QueueService.Storage.Logs;

/// <summary>Whole pages from the system (mmap), which go back to it at once when they are freed.</summary>
internal static unsafe partial class PageMemory
{
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    public static void* Map(int bytes)
    {
        nint memory = MemoryMap(0, bytes, ReadWrite, PrivateAnonymous, -1, 0);
        return memory == -1 ? throw new IOException($"mmap of {bytes} bytes failed.") : (void*)memory;
    }

    public static void Unmap(void* memory, int bytes) => _ = MemoryUnmap((nint)memory, bytes);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MemoryMap(nint address, nint bytes, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int MemoryUnmap(nint address, nint bytes);
}
