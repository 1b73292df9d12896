using System.Globalization;
using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sns;

/// <summary>A message of a topic on its way to a subscription.</summary>
/// <param name="SentAt">Unix milliseconds.</param>
/// <param name="IsText">The body is valid UTF-8.</param>
internal readonly record struct PublishedMessage(
    string Id, long SequenceNumber, long SentAt, MessageHeaders Headers, ReadOnlyMemory<byte> Body, bool IsText)
{
    /// <summary>Digits of a sequence number, as in SQS.</summary>
    private const string NumberFormat = "D20";

    /// <summary>It is delivered once more because its subscription asked for a replay.</summary>
    public bool IsReplayed { get; init; }

    public string Timestamp => TimeOf(SentAt);

    public string Sequence => SequenceOf(SequenceNumber);

    public static PublishedMessage Of(in MessageView view) => new(
        view.Id.ToString(), view.SequenceNumber, view.SentAt,
        view.HasHeaders ? view.ReadHeaders() : MessageHeaders.None, view.Body.ToArray(), view.BodyIsText)
        { IsReplayed = view.IsReplayed };

    public static string SequenceOf(long number) => number.ToString(NumberFormat, CultureInfo.InvariantCulture);

    public static string TimeOf(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds)
        .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>What subscribers of this protocol get for a message. SNS knows text only: other bytes of `/v1` are
    /// base64.</summary>
    public string TextFor(string protocol)
    {
        if (SnsAttributes.Find(Headers, SnsAttributes.MessagePrefix + protocol) is { } own) return own;
        return IsText ? Encoding.UTF8.GetString(Body.Span) : Convert.ToBase64String(Body.Span);
    }
}
