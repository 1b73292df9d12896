using System.Buffers;
using QueueService.Broker.Topics;
using QueueService.Storage;

namespace QueueService.Broker.Queues;

/// <summary>The snapshots of a subscription.</summary>
internal sealed partial class MessageQueue
{
    private readonly SortedDictionary<string, KeptCursor> _kept = new(StringComparer.Ordinal);

    /// <summary>By name; those past their time may still be there.</summary>
    public IReadOnlyDictionary<string, KeptCursor> Kept => _kept;

    public long KeptBytes { get; private set; }

    /// <summary>The snapshot of this name, unless its time is over.</summary>
    public KeptCursor? FindKept(string name, long now) =>
        _kept.TryGetValue(name, out KeptCursor? kept) && kept.ExpiresAt > now ? kept : null;

    private void ApplySnapshotTaken(in JournalRecord record)
    {
        var reader = new SpanReader(record.Payload);
        string name = reader.ReadText();
        long expiresAt = (long)reader.ReadVarint();
        bool filtered = reader.ReadVarint() == 1;
        Keep(name, new KeptCursor(record.Sequence, record.Time, expiresAt, filtered, reader.Rest.ToArray()));
    }

    private void Keep(string name, KeptCursor kept)
    {
        Forget(name);
        _kept.Add(name, kept);
        KeptBytes += kept.Places.Length;
    }

    private void Forget(string name)
    {
        if (_kept.Remove(name, out KeptCursor? kept)) KeptBytes -= kept.Places.Length;
    }

    private void CaptureKept(IBufferWriter<byte> output)
    {
        output.WriteVarint((ulong)_kept.Count);
        foreach ((string name, KeptCursor kept) in _kept)
        {
            output.WriteText(name);
            kept.Write(output);
        }
    }

    private void RestoreKept(ref SpanReader input)
    {
        // What was captured before there were snapshots ends here.
        if (input.IsEmpty) return;
        for (ulong count = input.ReadVarint(); count > 0; count--) Keep(input.ReadText(), KeptCursor.Read(ref input));
    }
}
