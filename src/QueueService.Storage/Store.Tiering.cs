using QueueService.Storage.Checkpoints;
using QueueService.Storage.Logs;
using QueueService.Storage.Tiering;

namespace QueueService.Storage;

/// <summary>
/// Segments that leave the disk. In this order: the object store has a whole copy; readers are shown it; a manifest
/// names it; and when no kept manifest names the file any more, the file goes. A crash leaves one of the two in use,
/// and the next process deletes the other.
/// </summary>
public sealed partial class Store
{
    /// <summary>The checkpoint with which the last file that left, or the last object, is given up.</summary>
    private long _deletionGeneration;

    /// <summary>Null when there is no object store.</summary>
    public Tier? Tier { get; private set; }

    /// <summary>Something is kept only until the next checkpoints, which come also when nothing is written.</summary>
    private bool AwaitsDeletion => (_newest?.Generation ?? 0) < _deletionGeneration;

    /// <summary>Segments of a log that may leave now, the oldest first: sealed ones whose newest record is older than a
    /// time, or that are too many. What compaction has written stays: it has holes, which are looked up in the file.
    /// Each is held: release it.</summary>
    /// <param name="olderThan">Unix milliseconds.</param>
    /// <param name="localBytes">Bytes of segments that may stay on the disk; the one that is being written
    /// counts.</param>
    public static List<HeldSegment> Movable(AppendLog log, long olderThan, long localBytes, int max)
    {
        Segment[] segments = log.Segments;
        long local = segments.Sum(static segment => segment.Remote is null ? (long)segment.Extent.Length : 0);
        var movable = new List<HeldSegment>();
        for (int i = 0; i < segments.Length && movable.Count < max; i++)
        {
            Segment segment = segments[i];
            bool isSealed = i < segments.Length - 1 || !segment.IsNew;
            if (!isSealed || segment.Remote is not null || segment.IsDamaged || segment.Generation > 0) continue;
            if (segment.Extent.MaxTime >= olderThan && local <= localBytes) continue;
            local -= segment.Extent.Length;
            segment.Hold();
            movable.Add(new HeldSegment(segment));
        }

        return movable;
    }

    /// <summary>From now on a segment is read from the object store. Answers false when the log has dropped or replaced
    /// it meanwhile, or it is not wanted there any more: then the object is deleted.</summary>
    public bool MarkRemote(UploadedSegment uploaded, bool isWanted = true)
    {
        Segment local = uploaded.Segment;
        var remote = new Segment(_handles, local.Log, local.BaseOffset, local.Salt, local.Extent, isNew: false)
        {
            Remote = uploaded.Remote, Table = uploaded.Table,
        };
        if (!isWanted || !_logs.TryGetValue(local.Log, out AppendLog? log) || !log.Replace(local, remote))
        {
            Tier!.Discard(uploaded.Remote.Name);
            return false;
        }

        _obsolete.Add((local, _generation));
        AwaitDeletion(_generation);
        return true;
    }

    /// <summary>The objects that this store needs, or that a kept checkpoint names.</summary>
    public HashSet<string> RemoteNames() =>
    [
        .. _logs.Values.SelectMany(static log => log.Segments).Concat(_obsolete.Select(static item => item.Segment))
            .Select(static segment => segment.Remote?.Name).OfType<string>(),
    ];

    /// <param name="generation">The newest checkpoint that may name what is to be deleted: the second one after it is
    /// the first whose predecessor does not.</param>
    private void AwaitDeletion(long generation) =>
        _deletionGeneration = Math.Max(_deletionGeneration, generation + 2);

    private void OpenTier()
    {
        if (_options.Tier is { } options) Tier = new Tier(options, _files, _handles, (Secret, Incarnation));
    }

    /// <summary>Without them their records could be neither read nor deleted.</summary>
    private void RefuseMissingTier(Manifest? manifest)
    {
        if (_options.Tier is not null) return;
        if ((manifest?.Segments ?? []).Concat(_previous?.Segments ?? []).Any(static entry => entry.Remote is not null))
            throw new MissingTierException();
    }

    /// <summary>Splits what no checkpoint names: objects are deleted by whoever calls
    /// <see cref="Tier.DeleteObsolete"/>, files here.</summary>
    private HashSet<Segment> DiscardObjects(HashSet<Segment> dead)
    {
        foreach (Segment segment in dead)
            if (segment.Remote is { } remote) Tier!.Discard(remote.Name);
        dead.RemoveWhere(static segment => segment.Remote is not null);
        return dead;
    }
}
