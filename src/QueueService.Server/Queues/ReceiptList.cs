using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>Receipt handles of a request and, later, what became of each.</summary>
internal sealed class ReceiptList(int capacity)
{
    /// <summary>Bytes of a handle in a JSON list: its text, quotes and a comma.</summary>
    private const int BytesPerHandle = ReceiptHandle.TextLength + 3;

    /// <summary>What is no handle at all is sent to the broker as the empty one, which it never gave out; its text is
    /// kept so that the answer can repeat it.</summary>
    private Dictionary<int, string>? _malformed;

    public List<ReceiptHandle> Handles { get; } = new(Math.Min(capacity, Limits.SettleReceipts));

    /// <summary>A list with room for as many handles as a body of this size can hold.</summary>
    public static ReceiptList ForBody(int bytes) => new(bytes / BytesPerHandle);

    /// <summary>Reads an array of handles; the reader stands on its first token.</summary>
    public void Read(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            Problem.Blame(ref problem, pointer, "must be a list of receipt handles.");
            json.TrySkip();
            return;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (Handles.Count == Limits.SettleReceipts)
                problem ??= new Problem(
                    ProblemKind.RequestTooLarge, $"{pointer} has more than {Limits.SettleReceipts} receipt handles.");
            if (problem is not null) json.TrySkip();
            else Add(ref json, pointer, ref problem);
        }
    }

    public void WriteResults(JsonOutput output, ReadOnlySpan<BrokerError> errors, int successStatus)
    {
        output.Raw("["u8);
        for (int i = 0; i < errors.Length; i++)
        {
            output.Raw(i == 0 ? "{\"receiptHandle\":"u8 : ",{\"receiptHandle\":"u8);
            if (_malformed is not null && _malformed.TryGetValue(i, out string? text)) output.Text(text);
            else Handles[i].Format(output.Quoted(ReceiptHandle.TextLength));
            WriteStatus(output, errors[i], successStatus);
        }

        output.Raw("]"u8);
    }

    private static void WriteStatus(JsonOutput output, BrokerError error, int successStatus)
    {
        output.Raw(",\"status\":"u8);
        if (error == BrokerError.None)
        {
            output.Number(successStatus).Raw("}"u8);
            return;
        }

        Problem problem = BrokerProblems.Of(error);
        output.Number(problem.Kind.Status).Raw(",\"problem\":"u8);
        problem.WriteJson(output);
        output.Raw("}"u8);
    }

    private void Add(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        if (json.TokenType == JsonTokenType.String && !json.ValueIsEscaped &&
            ReceiptHandle.TryParse(json.ValueSpan, out ReceiptHandle handle))
        {
            Handles.Add(handle);
        }
        else if (JsonRequest.TryText(ref json, $"{pointer}/{Handles.Count}", out string text, ref problem))
        {
            (_malformed ??= []).Add(Handles.Count, text);
            Handles.Add(default);
        }
        else
        {
            json.TrySkip();
        }
    }
}
