using System.Text;
using QueueService.Benchmarks.Scenarios;

namespace QueueService.Benchmarks.Floor;

/// <summary>Sample answers in the shape and size of the server's, encoded once.</summary>
internal sealed class FloorAnswers
{
    public const string Location = "/v1/queues/bench/messages/AAAAAQAAAAAAAAPo";

    private const int Batch = 100;
    private const string Receipt = "AQAAAAEAAAABAAAAAAAAAOgDAAAAAAAA0Q9uXrLk3Bk";
    private const string Id = "\"id\":\"AAAAAQAAAAAAAAPo\"";
    private const string Sent1 =
        "{" + Id + ",\"sequenceNumber\":1000000,\"sentAt\":\"2026-11-21T09:00:00.123Z\"," +
        "\"md5OfBody\":\"5d41402abc4b2a76b9719d911017c592\"}";

    private const string BatchItem = "{" + Id + ",\"sequenceNumber\":1000000}";

    private readonly byte[] _receivedOne;
    private readonly byte[] _receivedBatch;

    public FloorAnswers(int bodyLength)
    {
        string body = Encoding.ASCII.GetString(Scenario.Body(bodyLength));
        string message =
            "{" + Id + ",\"receiptHandle\":\"" + Receipt + "\",\"body\":\"" + body + "\"," +
            "\"contentType\":\"text/plain\",\"sequenceNumber\":1000000,\"receiveCount\":1," +
            "\"sentAt\":\"2026-11-21T09:00:00.123Z\"," +
            "\"firstReceivedAt\":\"2026-11-21T09:00:00.456Z\",\"visibleAt\":\"2026-11-21T09:05:00.456Z\"}";
        _receivedOne = List("messages", message, 1);
        _receivedBatch = List("messages", message, Batch);
    }

    public byte[] Sent { get; } = Encoding.ASCII.GetBytes(Sent1);

    public byte[] SentBatch { get; } = List("results", BatchItem, Batch);

    public byte[] Acknowledged { get; } =
        List("results", "{\"receiptHandle\":\"" + Receipt + "\",\"status\":204}", Batch);

    /// <summary>One message, or a batch of them when more than one was asked for.</summary>
    public byte[] Received(QueryString query) =>
        query.Value!.Contains("max=1&", StringComparison.Ordinal) ? _receivedOne : _receivedBatch;

    private static byte[] List(string name, string item, int count) =>
        Encoding.ASCII.GetBytes($"{{\"{name}\":[{string.Join(',', Enumerable.Repeat(item, count))}]}}");
}
