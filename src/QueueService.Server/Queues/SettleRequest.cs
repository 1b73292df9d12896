using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>The JSON body of the operations that settle leases: a number of seconds, and for batches the receipts.
/// </summary>
internal sealed class SettleRequest(SettleShape shape)
{
    public ReceiptList Receipts { get; private set; } = new(0);

    /// <summary>Null when no number was given.</summary>
    public long? Milliseconds { get; private set; }

    public async ValueTask<Problem?> Read(HttpContext http, BrokerHost host)
    {
        using RequestBody body = await RequestBody.Read(http, host.Bodies);
        if (body.Error is not null) return body.Problem();
        Problem? problem = body.Span.IsEmpty ? null : JsonRequest.CheckContentType(http);
        if (problem is not null) return problem;
        if (shape.HasReceipts) Receipts = ReceiptList.ForBody(body.Span.Length);
        if (!body.Span.IsEmpty) problem = JsonRequest.Parse(body.Span, this, ReadObject);
        if (problem is null && shape.HasReceipts && Receipts.Handles.Count == 0)
            Problem.Blame(ref problem, "/receiptHandles", "must list at least one receipt handle.");
        if (problem is null && shape.SecondsRequired && Milliseconds is null)
            Problem.Blame(ref problem, "/" + shape.Seconds, "is required.");
        return problem;
    }

    private static Problem? ReadObject(ref Utf8JsonReader json, SettleRequest request)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, request.Shape.Fields, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            if (field >= 0) request.ReadField(ref json, request.Shape.Fields[field], ref problem);
            json.TrySkip();
        }

        return problem;
    }

    private SettleShape Shape => shape;

    private void ReadField(ref Utf8JsonReader json, string name, ref Problem? problem)
    {
        if (name == SettleShape.ReceiptsField)
        {
            Receipts.Read(ref json, "/" + name, ref problem);
        }
        else if (JsonRequest.TryInteger(
            ref json, 0, QueueConfigLimits.MaxVisibilityTimeoutSeconds, "/" + name, out long seconds, ref problem))
        {
            Milliseconds = seconds * 1_000;
        }
    }
}

/// <summary>Which fields a settling operation has.</summary>
/// <param name="Seconds">The name of its number of seconds; null when it has none.</param>
internal sealed record SettleShape(string? Seconds, bool SecondsRequired, bool HasReceipts)
{
    public const string ReceiptsField = "receiptHandles";

    public FieldNames Fields { get; } = new(
        [.. new[] { HasReceipts ? ReceiptsField : null, Seconds }.OfType<string>()]);
}
