using System.Text;
using QueueService.Benchmarks.Load;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>Many messages per request.</summary>
internal static class SendBatch
{
    public static Scenario Create(int bodyLength, int messages, bool ndjson) =>
        new(ndjson ? $"send-batch-{messages} NDJSON" : $"send-batch-{messages}",
            requests => new RepeatedRequest(Encode(requests, bodyLength, messages, ndjson), messages));

    public static byte[] Encode(Requests requests, int bodyLength, int messages, bool ndjson, int? firstGroup = null)
    {
        byte[] message = [.. "{\"body\":\""u8, .. Scenario.Body(bodyLength), .. "\""u8];
        RequestBuffer body = new();
        if (!ndjson) body.Append("{\"messages\":["u8);
        for (int i = 0; i < messages; i++)
        {
            if (!ndjson && i > 0) body.Append(","u8);
            body.Append(message);
            if (firstGroup is { } group) body.Append(Encoding.ASCII.GetBytes($",\"groupId\":\"group-{group + i}\""));
            body.Append("}"u8);
            if (ndjson) body.Append("\n"u8);
        }

        if (!ndjson) body.Append("]}"u8);
        return requests.Post("messages/batch", ndjson ? Requests.Ndjson : Requests.Json, body.Written.Span);
    }
}
