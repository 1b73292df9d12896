using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues.Live;

/// <summary>What a consumer says in one line and, later, what came of it.</summary>
internal sealed class ConsumerLine
{
    private static readonly FieldNames Fields = new(
        "credit", "acknowledge", "release", "extend", "delaySeconds", "visibilityTimeoutSeconds");

    private ReceiptList _receipts = new(0);

    /// <summary>What is wrong with the line; then nothing of it is done.</summary>
    public Problem? Problem { get; set; }

    /// <summary>Messages that may be sent in addition.</summary>
    public int Credit { get; private set; }

    public ReceiptList? Acknowledge { get; private set; }

    public ReceiptList? Release { get; private set; }

    public ReceiptList? Extend { get; private set; }

    /// <summary>Of a release; null: as the queue's retryPolicy says.</summary>
    public long? DelayMilliseconds { get; private set; }

    public long? VisibilityMilliseconds { get; private set; }

    public ReadOnlyMemory<BrokerError> Acknowledged { get; set; }

    public SettleOutcome? Released { get; set; }

    public SettleOutcome? Extended { get; set; }

    public static ConsumerLine Read(ReadOnlySpan<byte> json)
    {
        ConsumerLine line = new() { _receipts = ReceiptList.ForBody(json.Length) };
        line.Problem = JsonRequest.Parse(json, line, ReadObject) ?? line.Check();
        return line;
    }

    /// <summary>One line: the problem, or what became of the receipts; nothing for credit alone.</summary>
    public void WriteResult(JsonOutput output)
    {
        if (Problem is not null)
        {
            LiveRequest.WriteProblem(output, Problem);
            return;
        }

        int start = output.Length;
        if (Acknowledge is not null) Write(output, start, "acknowledged", Acknowledge, Acknowledged.Span, 204);
        if (Release is not null) Write(output, start, "released", Release, Released!.Errors, 204);
        if (Extend is not null)
        {
            Write(output, start, "extended", Extend, Extended!.Errors, 200);
            output.Raw(",\"visibleAt\":"u8).Instant(Extended!.VisibleAt);
        }

        if (output.Length > start) output.Raw("}\n"u8);
    }

    private static void Write(
        JsonOutput output, int start, string name, ReceiptList receipts, ReadOnlySpan<BrokerError> errors, int success)
    {
        output.Raw(output.Length == start ? "{"u8 : ","u8).Text(name).Raw(":"u8);
        receipts.WriteResults(output, errors, success);
    }

    private static Problem? ReadObject(ref Utf8JsonReader json, ConsumerLine line)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "A line must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            line.ReadField(ref json, field, ref problem);
            json.TrySkip();
        }

        return problem;
    }

    private void ReadField(ref Utf8JsonReader json, int field, ref Problem? problem)
    {
        switch (field)
        {
            case 0:
                JsonRequest.TryInteger(ref json, 1, Limits.Credit, "/credit", out long credit, ref problem);
                Credit = (int)credit;
                break;
            case 1: (Acknowledge = _receipts).Read(ref json, "/acknowledge", ref problem); break;
            case 2: (Release = New()).Read(ref json, "/release", ref problem); break;
            case 3: (Extend = New()).Read(ref json, "/extend", ref problem); break;
            case 4: DelayMilliseconds = Seconds(ref json, "/delaySeconds", 0, ref problem); break;
            case 5: VisibilityMilliseconds = Seconds(ref json, "/visibilityTimeoutSeconds", 1, ref problem); break;
            default: break;
        }
    }

    private static ReceiptList New() => new(Limits.SettleReceipts);

    private static long Seconds(ref Utf8JsonReader json, string pointer, int min, ref Problem? problem)
    {
        JsonRequest.TryInteger(
            ref json, min, QueueConfigLimits.MaxVisibilityTimeoutSeconds, pointer, out long seconds, ref problem);
        return seconds * 1_000;
    }

    private Problem? Check()
    {
        Problem? problem = null;
        if (Credit == 0 && Acknowledge is null && Release is null && Extend is null)
            Problem.Blame(ref problem, "", "A line has at least one of credit, acknowledge, release, extend.");
        if (Release is null && DelayMilliseconds is not null)
            Problem.Blame(ref problem, "/delaySeconds", "belongs to release.");
        if (Extend is null && VisibilityMilliseconds is not null)
            Problem.Blame(ref problem, "/visibilityTimeoutSeconds", "belongs to extend.");
        if (Extend is not null && VisibilityMilliseconds is null)
            Problem.Blame(ref problem, "/visibilityTimeoutSeconds", "is required by extend.");
        return problem;
    }
}
