using System.Buffers;
using QueueService.Storage.Files;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Tiering;

/// <summary>
/// The segments of a store that are in the object store: brings blocks of them back. Any thread; whoever reads waits,
/// and the owner of the store never does.
/// </summary>
public sealed partial class Tier : IDisposable
{
    private readonly TierOptions _options;
    private readonly BlockCache _cache;
    private readonly SemaphoreSlim _reads;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, int Block), Task<ObjectStoreException?>> _arriving = [];

    internal Tier(TierOptions options, IFileSystem files, SegmentFiles handles, (ulong Secret, uint Incarnation) store)
    {
        _options = options;
        _cache = new BlockCache(files, handles, options.CacheBytes);
        _reads = new SemaphoreSlim(options.MaxReads);
        _prefix = PrefixOf(store.Secret);
        _incarnation = store.Incarnation;
    }

    /// <summary>Bytes of blocks on the local disk.</summary>
    public long CachedBytes => _cache.Bytes;

    /// <summary>Brings the block of one record to the local disk and holds it, instead of the segment, which stays held
    /// as it was. Holds nothing when the log has no such record.</summary>
    /// <param name="near">What was fetched before, which may have the record as well.</param>
    /// <exception cref="ObjectStoreException">It cannot be had now.</exception>
    public async ValueTask<HeldSegment> Fetch(HeldSegment held, long offset, HeldSegment near)
    {
        Segment segment = held.Segment!;
        if (near.Segment is { } copy && copy.Source == segment.Remote
            && copy.Extent.FirstOffset <= offset && offset <= copy.Extent.LastOffset)
        {
            copy.Hold();
            return near;
        }

        BlockTable table = await TableOf(segment);
        return table.Find(offset) is { } block ? await Hold(segment, table, block) : default;
    }

    /// <summary>As <see cref="AppendLog.FindTimeOnDisk"/>, also in segments that are in the object store.</summary>
    /// <exception cref="ObjectStoreException">It cannot be said now.</exception>
    public async ValueTask<long?> FindTime(AppendLog log, long time)
    {
        foreach (Segment segment in log.Segments)
        {
            if (segment.Extent.MaxTime < time) continue;
            long? found =
                segment.Remote is null ? AppendLog.FindTime(segment, time)
                : segment.Remote.FirstTime >= time ? segment.Extent.FirstOffset
                : await FindRemoteTime(segment, time);
            if (found is not null) return found;
        }

        return null;
    }

    public void Dispose()
    {
        _options.Objects.Dispose();
        _reads.Dispose();
    }

    private async ValueTask<long?> FindRemoteTime(Segment segment, long time)
    {
        BlockTable table = await TableOf(segment);
        if (table.FindTime(time) is not { } block) return null;
        HeldSegment held = await Hold(segment, table, block);
        try
        {
            if (AppendLog.FindTime(held.Segment!, time) is { } found) return found;
            held.MarkDamaged();
            throw Report(new ObjectStoreException("The local copy of a block is damaged."));
        }
        finally
        {
            held.Release();
        }
    }

    /// <summary>From the cache, or from the object store: once for all who ask for a block at the same time.</summary>
    private async ValueTask<HeldSegment> Hold(Segment segment, BlockTable table, int block)
    {
        (string Name, int Block) key = (segment.Remote!.Name, block);
        while (true)
        {
            if (_cache.TryHold(key.Name, block, out HeldSegment held)) return held;
            var arrival = new TaskCompletionSource<ObjectStoreException?>(
                TaskCreationOptions.RunContinuationsAsynchronously);
            Task<ObjectStoreException?>? underWay;
            lock (_gate)
            {
                if (!_arriving.TryGetValue(key, out underWay)) _arriving.Add(key, arrival.Task);
            }

            if (underWay is null) return await Load(segment, table, block, arrival);
            if (await underWay is { } failure) throw new ObjectStoreException(failure.Message, failure);
        }
    }

    private async ValueTask<HeldSegment> Load(
        Segment segment, BlockTable table, int index, TaskCompletionSource<ObjectStoreException?> arrival)
    {
        ObjectStoreException? failed = null;
        Block block = table.Blocks[index];
        byte[] bytes = ArrayPool<byte>.Shared.Rent(block.Bytes);
        try
        {
            Memory<byte> wanted = bytes.AsMemory(0, block.Bytes);
            await Read(segment.Remote!.Name, block.Position, wanted);
            if (!table.IsBlock(index, wanted.Span, segment.Salt))
            {
                throw new ObjectStoreException(
                    $"{segment.Remote.Name} is damaged: the block at byte {block.Position} does not fit its checksum.");
            }

            return _cache.Add(segment, index, block, wanted.Span);
        }
        catch (ObjectStoreException failure)
        {
            failed = failure;
            throw Report(failure);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            lock (_gate) _arriving.Remove((segment.Remote!.Name, index));
            arrival.SetResult(failed);
        }
    }

    /// <summary>Read once in the life of the process.</summary>
    private async ValueTask<BlockTable> TableOf(Segment segment)
    {
        if (segment.Table is { } known) return known;
        RemoteObject remote = segment.Remote!;
        int length = segment.Extent.Length;
        byte[] bytes = new byte[remote.Bytes - length];
        try
        {
            await Read(remote.Name, length, bytes);
            return segment.Table = BlockTable.TryRead(bytes, length, segment.Salt)
                ?? throw new ObjectStoreException($"{remote.Name} is damaged: the table of its blocks is not whole.");
        }
        catch (ObjectStoreException failure)
        {
            throw Report(failure);
        }
    }

    private async Task Read(string name, long position, Memory<byte> buffer)
    {
        using var limit = new CancellationTokenSource(_options.ReadTimeout, _options.Time);
        bool entered = false;
        try
        {
            await _reads.WaitAsync(limit.Token);
            entered = true;
            await _options.Objects.Read(name, position, buffer, limit.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new ObjectStoreException(
                $"{name} did not come within {_options.ReadTimeout.TotalSeconds} s.", late);
        }
        finally
        {
            if (entered) _reads.Release();
        }
    }

    private ObjectStoreException Report(ObjectStoreException failure)
    {
        _options.Failed?.Invoke(failure);
        return failure;
    }
}
