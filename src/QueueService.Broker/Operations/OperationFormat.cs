using System.Buffers;
using System.Collections.Immutable;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Operations;

/// <summary>
/// The bytes of an operation in its records and in the snapshot. All numbers are varints, texts have their length in
/// front, what may be missing is one more than its value, or 0:
/// <code>
/// version (1), number, kind, status, text queue, resource, cursor, until, done, total, created, started, finished,
/// affected, skipped, problem, dry run, failures { count, (reason, messages)… }, redrive (0, or 1 and the request)
/// request: text target (empty: none), limit?, rate?, text reason, text source queue, since?, before?,
///          attributes { count, (text name, values { count, (text, is number)… })… }
/// </code>
/// </summary>
internal static class OperationFormat
{
    private const ulong Version = 1;

    public static void Write(IBufferWriter<byte> output, Operation operation)
    {
        output.WriteVarint(Version);
        output.WriteVarint((ulong)operation.Id.Number);
        output.WriteVarint((ulong)operation.Kind);
        output.WriteVarint((ulong)operation.Status);
        output.WriteText(operation.Queue.Value);
        foreach (long value in (ReadOnlySpan<long>)
            [operation.Resource, operation.Cursor, operation.Done, operation.Total,
                operation.CreatedAt, operation.StartedAt, operation.FinishedAt, operation.Affected, operation.Skipped,
                (long)operation.Problem, operation.DryRun ? 1 : 0, operation.Failures.Count])
            output.WriteVarint((ulong)value);
        foreach ((MessageFailure reason, long count) in operation.Failures)
        {
            output.WriteVarint((ulong)reason);
            output.WriteVarint((ulong)count);
        }

        output.WriteVarint((ulong)operation.Until.Length);
        foreach (long end in operation.Until) output.WriteVarint((ulong)end);
        output.WriteVarint(operation.Redrive is null ? 0UL : 1UL);
        if (operation.Redrive is { } redrive) Write(output, redrive);
    }

    public static Operation Read(ref SpanReader input)
    {
        ulong version = input.ReadVarint();
        if (version != Version)
            throw new InvalidOperationException($"Version {version} of an operation is not known to this version.");
        var operation = new Operation
        {
            Id = new OperationId((long)input.ReadVarint()),
            Kind = (OperationKind)input.ReadVarint(),
            Status = (OperationStatus)input.ReadVarint(),
            Queue = QueueName.Stored(input.ReadText()),
            Resource = (uint)input.ReadVarint(),
            Cursor = (long)input.ReadVarint(),
            Done = (long)input.ReadVarint(),
            Total = (long)input.ReadVarint(),
            CreatedAt = (long)input.ReadVarint(),
            StartedAt = (long)input.ReadVarint(),
            FinishedAt = (long)input.ReadVarint(),
            Affected = (long)input.ReadVarint(),
            Skipped = (long)input.ReadVarint(),
            Problem = (OperationProblem)input.ReadVarint(),
            DryRun = input.ReadVarint() == 1,
        };
        for (ulong failures = input.ReadVarint(); failures > 0; failures--)
            operation = operation.Fail((MessageFailure)input.ReadVarint(), (long)input.ReadVarint());
        var until = new long[input.ReadVarint()];
        for (int i = 0; i < until.Length; i++) until[i] = (long)input.ReadVarint();
        if (until.Length > 0) operation = operation with { Until = [.. until] };
        return input.ReadVarint() == 0 ? operation : operation with { Redrive = ReadRedrive(ref input) };
    }

    private static void Write(IBufferWriter<byte> output, RedriveRequest redrive)
    {
        output.WriteText(redrive.Target ?? "");
        WriteOptional(output, redrive.Limit);
        WriteOptional(output, redrive.RatePerSecond);
        MessageFilter filter = redrive.Filter;
        output.WriteText(filter.Reason ?? "");
        output.WriteText(filter.SourceQueue ?? "");
        WriteOptional(output, filter.SentSince);
        WriteOptional(output, filter.SentBefore);
        output.WriteVarint((ulong)filter.Attributes.Count);
        foreach (AttributeMatch match in filter.Attributes)
        {
            output.WriteText(match.Name);
            output.WriteVarint((ulong)match.Values.Count);
            foreach (AttributeValue value in match.Values)
            {
                output.WriteText(value.Text);
                output.WriteVarint(value.IsNumber ? 1UL : 0UL);
            }
        }
    }

    private static RedriveRequest ReadRedrive(ref SpanReader input)
    {
        string? target = ReadOptionalText(ref input);
        long? limit = ReadOptional(ref input);
        int? rate = (int?)ReadOptional(ref input);
        var filter = new MessageFilter
        {
            Reason = ReadOptionalText(ref input),
            SourceQueue = ReadOptionalText(ref input),
            SentSince = ReadOptional(ref input),
            SentBefore = ReadOptional(ref input),
            Attributes = ReadAttributes(ref input),
        };
        bool all = filter.Attributes.Count == 0
            && filter with { Attributes = MessageFilter.All.Attributes } == MessageFilter.All;
        return new RedriveRequest(target, all ? MessageFilter.All : filter, limit, rate);
    }

    private static List<AttributeMatch> ReadAttributes(ref SpanReader input)
    {
        var matches = new List<AttributeMatch>();
        for (ulong count = input.ReadVarint(); count > 0; count--)
        {
            string name = input.ReadText();
            var values = new List<AttributeValue>();
            for (ulong left = input.ReadVarint(); left > 0; left--)
                values.Add(new AttributeValue(input.ReadText(), input.ReadVarint() == 1));
            matches.Add(new AttributeMatch(name, values));
        }

        return matches;
    }

    private static void WriteOptional(IBufferWriter<byte> output, long? value) =>
        output.WriteVarint(value is { } given ? (ulong)given + 1 : 0);

    private static long? ReadOptional(ref SpanReader input) =>
        input.ReadVarint() is > 0 and var given ? (long)(given - 1) : null;

    private static string? ReadOptionalText(ref SpanReader input) =>
        input.ReadText() is { Length: > 0 } text ? text : null;
}
