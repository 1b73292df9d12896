using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>A request with an idempotency key: its message is sent once, and its answer is remembered before it is
/// given.</summary>
internal static class RequestOnce
{
    /// <summary>Stands for what was asked, not for where the answer is to go, which is new after a restart.</summary>
    public static IdempotencyToken? Token(
        HttpContext http, IdempotencyKey key, in MessageDraft asked, ReadOnlySpan<byte> body)
    {
        Problem? none = null;
        using MessageBatch batch = MessageBatch.Rent();
        batch.Add(asked.ToHeaders("", "", ref none), body, asked.Options);
        return key.ToToken(http, batch);
    }

    public static async Task Call(HttpContext http, BrokerHost host, PendingRequest request, IdempotencyToken token)
    {
        if (!host.Keys.TryEnter(token))
        {
            request.Batch.Dispose();
            await new Problem(ProblemKind.IdempotencyKeyInUse).Write(http);
            return;
        }

        try
        {
            Result<byte[]?> earlier = await host.Broker.Recall(token.OfNote);
            if (earlier is { Succeeded: true, Value: null })
            {
                await RequestReply.Call(http, host, request);
                return;
            }

            request.Batch.Dispose();
            IdempotencyKey.Tell(http, token.OfNote);
            await (earlier.Succeeded ? AnswerAgain(http, earlier.Value!) : earlier.Error.Write(http));
        }
        finally
        {
            host.Keys.Leave(token);
        }
    }

    /// <summary>In a commit of its own. What finds the window full is given all the same.</summary>
    public static async ValueTask Remember(
        BrokerHost host, HeaderDictionary headers, byte[] body, IdempotencyToken token)
    {
        using MemoryStream bytes = new();
        await using BinaryWriter writer = new(bytes);
        writer.Write(headers.Count);
        foreach (KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues> header in headers)
        {
            writer.Write(header.Key);
            writer.Write(header.Value.ToString());
        }

        writer.Write(body);
        writer.Flush();
        await host.Broker.Remember(token.OfNote, bytes.ToArray());
    }

    private static async Task AnswerAgain(HttpContext http, byte[] remembered)
    {
        using MemoryStream bytes = new(remembered);
        using BinaryReader reader = new(bytes);
        for (int count = reader.ReadInt32(); count > 0; count--)
            http.Response.Headers[reader.ReadString()] = reader.ReadString();
        http.Response.ContentLength = bytes.Length - bytes.Position;
        await http.Response.Body.WriteAsync(remembered.AsMemory((int)bytes.Position), http.RequestAborted);
    }
}
