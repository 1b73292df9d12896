using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Tiering;

/// <summary>The way out: uploads, and the deletion of what nobody names any more.</summary>
public sealed partial class Tier
{
    private readonly ConcurrentQueue<string> _obsolete = new();
    private readonly string _prefix;
    private readonly uint _incarnation;
    private long _uploads;

    /// <summary>Objects that are to be deleted.</summary>
    public int ObsoleteCount => _obsolete.Count;

    /// <summary>
    /// Copies a sealed segment to the object store, and reads all of it back: only what was found whole there may leave
    /// the disk. Tell <see cref="Store.MarkRemote"/> of it. One call at a time; whatever goes wrong, the segment stays
    /// where it is, and what is left of the object is deleted later.
    /// </summary>
    /// <exception cref="SegmentDamagedException">The segment is damaged on the local disk.</exception>
    /// <exception cref="ObjectStoreException">The object store did not take it.</exception>
    public async Task<UploadedSegment> Upload(HeldSegment held, CancellationToken cancellation)
    {
        Segment segment = held.Segment!;

        // Never a name twice: what was given up before is still to be deleted.
        string name = string.Create(
            CultureInfo.InvariantCulture,
            $"{_prefix}/{segment.Log.Resource:D10}-{segment.Log.Lane}/{segment.BaseOffset:D20}.{_incarnation:x8}-{++_uploads:x8}");
        bool isWhole = false;
        try
        {
            UploadedSegment uploaded = await Copy(segment, name, cancellation);
            isWhole = true;
            return uploaded;
        }
        catch (ObjectStoreException failure)
        {
            throw Report(failure);
        }
        finally
        {
            if (!isWhole) Discard(name);
        }
    }

    /// <summary>Deletes what earlier processes left: objects of this store that none of these names.</summary>
    /// <param name="named">Those of the kept checkpoints (<see cref="Store.RemoteNames"/>).</param>
    /// <returns>How many there were.</returns>
    public async Task<int> DeleteOrphans(IReadOnlySet<string> named, CancellationToken cancellation)
    {
        int deleted = 0;
        foreach (string name in await _options.Objects.List(_prefix + "/", cancellation))
        {
            if (named.Contains(name)) continue;
            await _options.Objects.Delete(name, cancellation);
            deleted++;
        }

        return deleted;
    }

    /// <summary>Deletes what no kept checkpoint names any more. What fails is tried again by the next call, or by the
    /// next process.</summary>
    public async Task<int> DeleteObsolete(CancellationToken cancellation)
    {
        int deleted = 0;
        while (!cancellation.IsCancellationRequested && _obsolete.TryPeek(out string? name))
        {
            await _options.Objects.Delete(name, cancellation);
            _obsolete.TryDequeue(out _);
            deleted++;
        }

        return deleted;
    }

    /// <summary>This object is needed no more, or never was.</summary>
    internal void Discard(string name) => _obsolete.Enqueue(name);

    /// <summary>Where the objects of a store are: nobody else can guess it, and it does not give the secret away.
    /// </summary>
    private static string PrefixOf(ulong secret) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"objects of {secret:x16}")).AsSpan(0, 16));

    private async Task<UploadedSegment> Copy(Segment segment, string name, CancellationToken cancellation)
    {
        SegmentExtent extent = segment.Extent;
        using SegmentLease lease = segment.Acquire();
        BlockTable table = BlockTable.Build(lease.File, extent, segment.Salt, _options.BlockBytes);
        byte[] end = table.Write(extent.Length, segment.Salt);
        var pace = new Pace(_options.Time, _options.UploadBytesPerSecond);
        await using (var content = new UploadContent(lease.File, extent.Length, end, pace))
            await _options.Objects.Put(name, content, cancellation);
        await Verify(segment, name, table, (end, pace, cancellation));
        return new UploadedSegment(
            segment, new RemoteObject(name, extent.Length + end.Length, table.FirstTime), table);
    }

    private async Task Verify(
        Segment segment, string name, BlockTable table, (byte[] End, Pace Pace, CancellationToken Cancellation) how)
    {
        int records = 0;
        for (int i = 0; i < table.Blocks.Count; i++)
        {
            how.Cancellation.ThrowIfCancellationRequested();
            byte[] bytes = new byte[table.Blocks[i].Bytes];
            await Read(name, table.Blocks[i].Position, bytes);
            int found = table.CountRecords(i, bytes, segment.Salt);
            if (found < 0) throw new ObjectStoreException($"{name} is not what was stored, in its block {i}.");
            records += found;
            await how.Pace.Take(bytes.Length, how.Cancellation);
        }

        byte[] end = new byte[how.End.Length];
        await Read(name, segment.Extent.Length, end);
        if (records != segment.Extent.Records || !end.AsSpan().SequenceEqual(how.End))
            throw new ObjectStoreException($"{name} is not what was stored.");
    }
}

/// <summary>A segment of which the object store has a whole copy.</summary>
public sealed class UploadedSegment
{
    internal UploadedSegment(Segment segment, RemoteObject remote, BlockTable table) =>
        (Segment, Remote, Table) = (segment, remote, table);

    public long Bytes => Remote.Bytes;

    internal Segment Segment { get; }

    internal RemoteObject Remote { get; }

    internal BlockTable Table { get; }
}
