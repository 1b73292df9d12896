using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace QueueService.Server.Tests.Histories;

/// <summary>Sends the requests of all clients of a history and writes down what each saw.</summary>
internal sealed partial class HistoryRecorder(ServerSlot server)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly DateTimeOffset _startedAt = TimeProvider.System.GetUtcNow();
    private readonly ConcurrentQueue<Operation> _operations = new();

    public IReadOnlyCollection<Operation> Operations => _operations;

    /// <summary>Microseconds since the history began.</summary>
    public long Now => (long)Stopwatch.GetElapsedTime(_started).TotalMicroseconds;

    public async Task<SendOperation> Send(string queue, string? key, params SentItem[] items)
    {
        bool single = items.Length == 1;
        Reply reply = single
            ? await Ask("POST", $"{queue}/messages?{Query(items[0])}", new StringContent(items[0].Body), key)
            : await Ask("POST", queue + "/messages/batch", Json(Batch(items)), key);
        if (reply.Succeeded)
        {
            JsonNode?[] results = single ? [reply.Json] : [.. reply.Json!["results"]!.AsArray()];
            items = [.. items.Zip(results, static (item, result) => item with
            {
                Id = (string)result!["id"]!,
                IsDeduplicated = (bool?)result["deduplicated"] ?? false,
                SequenceNumber = (long)result["sequenceNumber"]!,
            })];
        }

        SendOperation operation = new(queue, reply.InvokedAt, reply.AnsweredAt, reply.Status, key, items);
        _operations.Enqueue(operation);
        return operation;
    }

    /// <param name="acknowledge">Receipts that the request carries.</param>
    public async Task<IReadOnlyList<Delivery>> Receive(
        string queue, int max, int wait, int visibility, bool auto, params string[] acknowledge)
    {
        string mode = auto ? "ack=auto" : $"visibilityTimeout={visibility}ms";
        StringContent? body = acknowledge.Length == 0
            ? null
            : Json(new JsonObject { ["acknowledge"] = Strings(acknowledge) }.ToJsonString());
        Reply reply = await Ask("POST", $"{queue}/receive?max={max}&wait={wait}ms&{mode}", body);
        if (acknowledge.Length > 0)
            Settled(queue, reply, SettleKind.Acknowledge, null, acknowledge, reply.Json?["acknowledged"]);
        Delivery[] deliveries = reply.Succeeded
            ? [.. reply.Json!["messages"]!.AsArray().Select(message => Read(message!))]
            : [];
        _operations.Enqueue(new ReceiveOperation(
            queue, reply.InvokedAt, reply.AnsweredAt, reply.Status, visibility, auto, deliveries));
        return deliveries;
    }

    public async Task Settle(string queue, SettleKind kind, int? seconds, params string[] receipts)
    {
        if (kind == SettleKind.DeadLetter || (kind == SettleKind.Acknowledge && receipts.Length == 1))
        {
            string receipt = $"{queue}/receipts/{receipts[0]}";
            Reply one = kind == SettleKind.Acknowledge
                ? await Ask("DELETE", receipt, null)
                : await Ask("POST", receipt + "/dead-letter", Json("""{"reason":"given up"}"""));
            Settled(queue, one, kind, null, receipts, null);
            return;
        }

        JsonObject body = new() { ["receiptHandles"] = Strings(receipts) };
        (string verb, string time) = kind switch
        {
            SettleKind.Acknowledge => ("acknowledge", ""),
            SettleKind.Release => ("release", "delaySeconds"),
            _ => ("extend", "visibilityTimeoutSeconds"),
        };
        if (seconds is { } value) body[time] = value;
        Reply reply = await Ask("POST", $"{queue}/{verb}", Json(body.ToJsonString()));
        Settled(queue, reply, kind, seconds * 1000, receipts, reply.Json?["results"]);
    }

    /// <summary>A request that is not part of the history.</summary>
    public async Task<JsonNode?> Manage(string method, string path, string? body = null) =>
        (await Ask(method, path, body is null ? null : Json(body))).Json;

    private void Settled(
        string queue, Reply reply, SettleKind kind, int? milliseconds, string[] receipts, JsonNode? results)
    {
        (string, int)[] each =
        [
            .. receipts.Select((receipt, i) => (receipt, results is null ? reply.Status : (int)results[i]!["status"]!)),
        ];
        _operations.Enqueue(new SettleOperation(
            queue, reply.InvokedAt, reply.AnsweredAt, reply.Status, kind, milliseconds, each));
    }

    /// <summary>A message as an answer holds it.</summary>
    public Delivery Read(JsonNode message) => new(
        (string)message["id"]!, (string?)message["receiptHandle"] ?? "", (string)message["body"]!)
    {
        Group = (string?)message["groupId"],
        SequenceNumber = (long)message["sequenceNumber"]!,
        ReceiveCount = (int)message["receiveCount"]!,
        Priority = (int?)message["priority"] ?? 0,
        RedriveCount = (int?)message["redriveCount"] ?? 0,
        VisibleAt = (string?)message["visibleAt"] is { } at
            ? (long)(DateTimeOffset.Parse(at, null) - _startedAt).TotalMicroseconds
            : 0,
    };

    private async Task<Reply> Ask(string method, string path, HttpContent? body, string? key = null)
    {
        Uri address = await server.Address();
        using HttpRequestMessage request = new(new HttpMethod(method), new Uri(address, path));
        request.Content = body;
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        long invokedAt = Now;
        try
        {
            using HttpResponseMessage response = await Http.SendAsync(request);
            byte[] bytes = await response.Content.ReadAsByteArrayAsync();
            JsonNode? json = bytes.Length == 0 ? null : JsonNode.Parse(bytes);
            return new Reply(invokedAt, Now, (int)response.StatusCode, json);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new Reply(invokedAt, Operation.Never, 0, null);
        }
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static JsonArray Strings(string[] values) => [.. values.Select(static value => (JsonNode)value)];

    private static string Query(SentItem item) => string.Join('&', Options(item).Select(static option => option switch
    {
        ("delay" or "ttl", int milliseconds) => $"{option.Name}={milliseconds}ms",
        _ => $"{option.Name}={option.Value}",
    }));

    private static string Batch(SentItem[] items) =>
        new JsonObject { ["messages"] = new JsonArray([.. items.Select(Message)]) }.ToJsonString();

    private static JsonNode Message(SentItem item)
    {
        JsonObject message = new() { ["body"] = item.Body };
        foreach ((string name, object value) in Options(item))
        {
            if (name is "delay" or "ttl") message[name + "Seconds"] = (int)value / 1000;
            else message[name] = value is int number ? JsonValue.Create(number) : JsonValue.Create((string)value);
        }

        return message;
    }

    private static IEnumerable<(string Name, object Value)> Options(SentItem item)
    {
        if (item.Group is not null) yield return ("groupId", item.Group);
        if (item.DeduplicationId is not null) yield return ("deduplicationId", item.DeduplicationId);
        if (item.DelayMilliseconds > 0) yield return ("delay", item.DelayMilliseconds);
        if (item.TtlMilliseconds > 0) yield return ("ttl", item.TtlMilliseconds);
        if (item.Priority > 0) yield return ("priority", item.Priority);
    }

    private readonly record struct Reply(long InvokedAt, long AnsweredAt, int Status, JsonNode? Json)
    {
        public bool Succeeded => Operation.IsSuccess(Status);
    }
}
