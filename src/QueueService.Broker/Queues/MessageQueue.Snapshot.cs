using System.Buffers;
using System.Runtime.InteropServices;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Queues;

/// <summary>The folded state as bytes: the same bytes for the same state.</summary>
internal sealed partial class MessageQueue
{
    /// <summary>Version 1 did not say when a message was received last and in which group a deduplication id was sent,
    /// and had no replays.</summary>
    private const ulong SnapshotVersion = 2;

    private const int FewTouched = 512;

    public void Capture(IBufferWriter<byte> output)
    {
        output.WriteVarint(SnapshotVersion);
        output.WriteText(Name.Value);
        QueueConfigFormat.Write(output, Config);
        foreach (long value in (ReadOnlySpan<long>)
            [Version, CreatedAt, UpdatedAt, Epoch, _firstOffset, SentTotal, ReceivedTotal, DeletedTotal, ExpiredTotal,
                DeadLetteredTotal, MovedTotal])
            output.WriteVarint((ulong)value);

        // A subscription opens lanes by looking; only where somebody was is state.
        output.WriteVarint((ulong)_lanes.Count(lane => !IsSubscription || lane.IsBegun));
        foreach (Lane lane in _lanes)
        {
            if (IsSubscription && !lane.IsBegun) continue;
            output.WriteVarint((ulong)lane.Number);
            lane.Capture(output);
        }

        CaptureTouched(output);
        CaptureExpiries(output);
        CaptureDuplicates(output);
        output.WriteVarint((ulong)DroppedTotal);
        CaptureAlarms(output);
        if (IsSubscription) CaptureDeliveries(output);
        if (IsSubscription) CaptureKept(output);
        if (IsSubscription) CaptureReplay(output);
        if (IsStream) Producers.Capture(output);
        if (IsDurable) CaptureDurable(output);
    }

    public void Restore(ref SpanReader input)
    {
        ulong version = input.ReadVarint();
        Name = QueueName.Stored(input.ReadText());
        Config = QueueConfigFormat.Read(ref input);
        OpenMain();
        Version = (long)input.ReadVarint();
        CreatedAt = (long)input.ReadVarint();
        UpdatedAt = (long)input.ReadVarint();
        Epoch = (long)input.ReadVarint();
        _firstOffset = (long)input.ReadVarint();
        SentTotal = (long)input.ReadVarint();
        ReceivedTotal = (long)input.ReadVarint();
        DeletedTotal = (long)input.ReadVarint();
        ExpiredTotal = (long)input.ReadVarint();
        DeadLetteredTotal = (long)input.ReadVarint();
        MovedTotal = (long)input.ReadVarint();
        for (ulong lanes = input.ReadVarint(); lanes > 0; lanes--) OpenLane((int)input.ReadVarint()).Restore(ref input);
        RestoreTouched(ref input, version);
        foreach (Lane lane in _lanes) lane.FinishRestore();
        RestoreExpiries(ref input);
        RestoreDuplicates(ref input, version);
        DroppedTotal = (long)input.ReadVarint();
        RestoreAlarms(ref input);
        if (IsSubscription) RestoreDeliveries(ref input);
        if (IsSubscription) RestoreKept(ref input);
        if (IsSubscription && version > 1) RestoreReplay(ref input);
        if (IsStream) Producers.Restore(ref input);
        if (IsDurable) RestoreDurable(ref input);
    }

    private void CaptureTouched(IBufferWriter<byte> output)
    {
        // Most queues have few, and a million of them is eight megabytes that nobody needs between two checkpoints.
        using PageBuffer pages = new();
        int count = _touched.Count;
        Span<long> sorted = count <= FewTouched
            ? stackalloc long[count]
            : MemoryMarshal.Cast<byte, long>(pages.GetSpan(count * sizeof(long)))[..count];
        int next = 0;
        foreach (long position in _touched.Keys) sorted[next++] = position;
        sorted.Sort();
        output.WriteVarint((ulong)sorted.Length);
        long previous = 0;
        foreach (long position in sorted)
        {
            Touched touched = _touched[position];
            output.WriteVarint((ulong)(position - previous));
            output.WriteVarint((ulong)touched.Deadline);
            output.WriteVarint((ulong)touched.FirstReceivedAt);
            output.WriteVarint((ulong)touched.FirstFailedAt);
            output.WriteVarint(
                ((ulong)touched.ReceiveCount << 2) | (touched.IsExpired ? 2UL : 0) | (touched.IsLeased ? 1UL : 0));
            if (touched.ReceiveCount > 0) output.WriteVarint((ulong)touched.ReceiveSlot);
            previous = position;
        }
    }

    private void RestoreTouched(ref SpanReader input, ulong version)
    {
        long position = 0;
        for (ulong entries = input.ReadVarint(); entries > 0; entries--)
        {
            position += (long)input.ReadVarint();
            var touched = new Touched
            {
                Deadline = (long)input.ReadVarint(),
                FirstReceivedAt = (long)input.ReadVarint(),
                FirstFailedAt = (long)input.ReadVarint(),
            };
            ulong counts = input.ReadVarint();
            touched.ReceiveCount = (int)(counts >> 2);
            touched.IsExpired = (counts & 2) != 0;
            touched.IsLeased = (counts & 1) != 0;
            if (touched.ReceiveCount > 0)
                touched.ReceiveSlot = version > 1 ? (int)input.ReadVarint() : Touched.SlotOf(touched.FirstReceivedAt);
            _touched.Add(position, touched);
            Index(position, touched);
        }
    }
}
