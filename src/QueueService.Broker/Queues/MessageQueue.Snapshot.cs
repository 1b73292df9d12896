using System.Buffers;

namespace QueueService.Broker.Queues;

/// <summary>The folded state as bytes: the same bytes for the same state.</summary>
internal sealed partial class MessageQueue
{
    private const ulong SnapshotVersion = 3;

    public void Capture(IBufferWriter<byte> output)
    {
        output.WriteVarint(SnapshotVersion);
        output.WriteText(Name.Value);
        QueueConfigFormat.Write(output, Config);
        foreach (long value in (ReadOnlySpan<long>)
            [Version, CreatedAt, UpdatedAt, Epoch, Next, Floor, SentTotal, ReceivedTotal, DeletedTotal, ExpiredTotal,
                DeadLetteredTotal, MovedTotal])
            output.WriteVarint((ulong)value);
        output.WriteVarint((ulong)_gaps.Count);
        foreach ((long from, long to) in _gaps)
        {
            output.WriteVarint((ulong)from);
            output.WriteVarint((ulong)to);
        }

        _terminal.Capture(output);
        CaptureTouched(output);
        output.WriteVarint((ulong)DroppedTotal);
        _held.Capture(output);
        CaptureAlarms(output);
    }

    public void Restore(ref SpanReader input)
    {
        ulong version = input.ReadVarint();
        Name = QueueName.Stored(input.ReadText());
        Config = QueueConfigFormat.Read(ref input);
        Version = (long)input.ReadVarint();
        CreatedAt = (long)input.ReadVarint();
        UpdatedAt = (long)input.ReadVarint();
        Epoch = (long)input.ReadVarint();
        Next = (long)input.ReadVarint();
        Floor = (long)input.ReadVarint();
        SentTotal = (long)input.ReadVarint();
        ReceivedTotal = (long)input.ReadVarint();
        DeletedTotal = (long)input.ReadVarint();
        ExpiredTotal = (long)input.ReadVarint();
        if (version > 1)
        {
            DeadLetteredTotal = (long)input.ReadVarint();
            MovedTotal = (long)input.ReadVarint();
        }

        for (ulong gaps = input.ReadVarint(); gaps > 0; gaps--)
            _gaps.Add(((long)input.ReadVarint(), (long)input.ReadVarint()));
        _terminal = new TerminalSet();
        _terminal.Restore(ref input);
        RestoreTouched(ref input, version);
        DroppedTotal = (long)input.ReadVarint();
        _held.Restore(ref input);
        RestoreAlarms(ref input);
        RecountAhead();
        log.Trim(Floor);
    }

    private void CaptureTouched(IBufferWriter<byte> output)
    {
        long[] offsets = ArrayPool<long>.Shared.Rent(_touched.Count);
        _touched.Keys.CopyTo(offsets, 0);
        Span<long> sorted = offsets.AsSpan(0, _touched.Count);
        sorted.Sort();
        output.WriteVarint((ulong)sorted.Length);
        long previous = 0;
        foreach (long offset in sorted)
        {
            Touched touched = _touched[offset];
            output.WriteVarint((ulong)(offset - previous));
            output.WriteVarint((ulong)touched.Deadline);
            output.WriteVarint((ulong)touched.FirstReceivedAt);
            output.WriteVarint((ulong)touched.FirstFailedAt);
            output.WriteVarint(((ulong)touched.ReceiveCount << 1) | (touched.IsLeased ? 1UL : 0UL));
            previous = offset;
        }

        ArrayPool<long>.Shared.Return(offsets);
    }

    private void RestoreTouched(ref SpanReader input, ulong version)
    {
        long offset = 0;
        for (ulong entries = input.ReadVarint(); entries > 0; entries--)
        {
            offset += (long)input.ReadVarint();
            var touched = new Touched
            {
                Deadline = (long)input.ReadVarint(),
                FirstReceivedAt = (long)input.ReadVarint(),
                FirstFailedAt = version > 1 ? (long)input.ReadVarint() : 0,
            };
            ulong counts = input.ReadVarint();
            touched.ReceiveCount = (int)(counts >> 1);
            touched.IsLeased = (counts & 1) != 0;
            _touched.Add(offset, touched);
            Index(offset, touched);
        }
    }
}
