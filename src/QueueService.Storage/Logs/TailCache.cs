using System.Numerics;
using System.Runtime.InteropServices;

namespace QueueService.Storage.Logs;

/// <summary>
/// The memory of all tail chunks of a store: native, so that the collector neither scans nor moves it, in size classes
/// from 1 KiB to 256 KiB (a run), larger only for a record that needs it. Readers return slabs from their own threads.
/// </summary>
internal sealed unsafe class TailCache(long budget) : IDisposable
{
    public const int SmallestSlab = 1 << 10;
    public const int LargestSlab = 256 << 10;

    /// <summary>Free slabs kept for the next chunk, instead of asking the system again.</summary>
    private const long MaxFreeBytes = 4 << 20;

    private readonly Stack<nint>[] _free = [.. Enumerable.Range(0, 9).Select(static _ => new Stack<nint>())];
    private readonly Lock _gate = new();
    private long _freeBytes;
    private long _allocatedBytes;

    /// <summary>Logs with full chunks that wait for their segment. For the owner's thread only.</summary>
    public HashSet<AppendLog> LogsToSpill { get; } = [];

    /// <summary>Logs that have chunks. For the owner's thread only.</summary>
    public int LogsInMemory { get; set; }

    /// <summary>What a log takes at once at most: when many grow, half-empty slabs must not fill the cache.</summary>
    public int LargestShare => (int)Math.Clamp(budget / 4 / Math.Max(LogsInMemory, 1), SmallestSlab, LargestSlab);

    /// <summary>Bytes of slabs in use.</summary>
    public long UsedBytes => Volatile.Read(ref _allocatedBytes);

    /// <summary>More is in use than the cache should hold: spill and evict.</summary>
    public bool OverBudget => UsedBytes > budget;

    /// <summary>So much more that the loop has to wait for the background writer.</summary>
    public bool FarOverBudget => UsedBytes > 2 * budget;

    /// <summary>A chunk with room for at least this many bytes.</summary>
    public TailChunk Rent(int capacity, long baseOffset)
    {
        int size = capacity <= LargestSlab
            ? (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, SmallestSlab))
            : capacity;
        Interlocked.Add(ref _allocatedBytes, size);
        return new TailChunk(this, Take(size), size, baseOffset);
    }

    public void Return(TailChunk chunk)
    {
        Interlocked.Add(ref _allocatedBytes, -chunk.Capacity);
        lock (_gate)
        {
            if (chunk.Capacity <= LargestSlab && _freeBytes + chunk.Capacity <= MaxFreeBytes)
            {
                _free[ClassOf(chunk.Capacity)].Push((nint)chunk.Memory);
                _freeBytes += chunk.Capacity;
                return;
            }
        }

        Free(chunk.Memory, chunk.Capacity);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (Stack<nint> slabs in _free)
                while (slabs.TryPop(out nint slab)) Free((void*)slab, SmallestSlab << Array.IndexOf(_free, slabs));
            _freeBytes = MaxFreeBytes;
        }
    }

    private static int ClassOf(int size) => BitOperations.Log2((uint)size) - BitOperations.Log2(SmallestSlab);

    private byte* Take(int size)
    {
        if (size <= LargestSlab)
        {
            lock (_gate)
            {
                if (_free[ClassOf(size)].TryPop(out nint slab))
                {
                    _freeBytes -= size;
                    return (byte*)slab;
                }
            }
        }

        return (byte*)(size >= LargestSlab ? PageMemory.Map(size) : NativeMemory.Alloc((nuint)size));
    }

    /// <summary>Large slabs come from the system and go back to it: the allocator would keep the memory of a burst.
    /// </summary>
    private static void Free(void* memory, int size)
    {
        if (size >= LargestSlab) PageMemory.Unmap(memory, size);
        else NativeMemory.Free(memory);
    }
}
