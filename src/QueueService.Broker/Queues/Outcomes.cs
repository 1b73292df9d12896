using System.Buffers;

namespace QueueService.Broker.Queues;

/// <summary>The bytes of outcomes that are remembered for idempotency keys.</summary>
internal static class Outcomes
{
    public static void Write(IBufferWriter<byte> output, in SendOutcome outcome)
    {
        output.WriteVarint(outcome.Queue);
        output.WriteVarint((ulong)outcome.FirstSequenceNumber);
        output.WriteVarint((ulong)outcome.Count);
        output.WriteVarint((ulong)outcome.SentAt);
        output.WriteVarint((ulong)outcome.Durability);
        Write(output, outcome.Errors);
        output.WriteVarint((ulong)(outcome.Messages?.Count ?? 0));
        foreach (SentMessage message in outcome.Messages ?? [])
        {
            output.WriteVarint((ulong)message.SequenceNumber);
            output.WriteVarint(((ulong)message.SentAt << 1) | (message.IsDuplicate ? 1UL : 0));
        }
    }

    public static SendOutcome ReadSend(ReadOnlySpan<byte> bytes)
    {
        var input = new SpanReader(bytes);
        var outcome = new SendOutcome(
            (uint)input.ReadVarint(), (long)input.ReadVarint(), (int)input.ReadVarint(), (long)input.ReadVarint(),
            (Durability)input.ReadVarint(), ReadErrors(ref input));
        var messages = new SentMessage[input.ReadVarint()];
        for (int i = 0; i < messages.Length; i++)
        {
            long position = (long)input.ReadVarint();
            ulong facts = input.ReadVarint();
            messages[i] = new SentMessage(position, (long)(facts >> 1), (facts & 1) != 0);
        }

        return messages.Length == 0 ? outcome : outcome with { Messages = messages };
    }

    public static void Write(IBufferWriter<byte> output, SettleOutcome outcome)
    {
        output.WriteVarint((ulong)outcome.VisibleAt);
        output.WriteVarint((ulong)outcome.Durability);
        Write(output, outcome.Errors);
    }

    public static SettleOutcome ReadSettle(ReadOnlySpan<byte> bytes)
    {
        var input = new SpanReader(bytes);
        long visibleAt = (long)input.ReadVarint();
        var durability = (Durability)input.ReadVarint();
        return new SettleOutcome(ReadErrors(ref input) ?? [], visibleAt, durability);
    }

    private static void Write(IBufferWriter<byte> output, BrokerError[]? errors)
    {
        output.WriteVarint((ulong)(errors?.Length ?? 0));
        foreach (BrokerError error in errors ?? []) output.WriteVarint((ulong)error);
    }

    private static BrokerError[]? ReadErrors(ref SpanReader input)
    {
        int count = (int)input.ReadVarint();
        if (count == 0) return null;
        var errors = new BrokerError[count];
        for (int i = 0; i < count; i++) errors[i] = (BrokerError)input.ReadVarint();
        return errors;
    }
}
