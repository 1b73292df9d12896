using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Messages;

public sealed class MessageFormatTests
{
    private static readonly string?[] Types =
        [null, "text/plain", "application/octet-stream", "application/json", "text/plain; charset=utf-8", "image/png",
            ""];

    [Fact]
    public void Every_combination_of_headers_comes_back()
    {
        var random = new SeededRandom(1);
        for (int i = 0; i < 5_000; i++)
        {
            byte[] body = new byte[random.Next(200)];
            random.Fill(body);
            if (random.Chance(1, 2)) body = Encoding.UTF8.GetBytes(Text(random));
            MessageHeaders headers = Headers(random);
            byte[] message = Written(headers, body);
            Assert.Equal(body, MessageFormat.Body(message).ToArray());
            Assert.Equal(IsUtf8(body), MessageFormat.IsText(message));
            string type = headers.ContentType ?? (IsUtf8(body) ? "text/plain" : "application/octet-stream");
            MessageHeaders read = MessageFormat.ReadHeaders(message);
            Assert.Equal(type, MessageFormat.ContentType(message));
            Assert.Equal(headers with { ContentType = type, Attributes = [] }, read with { Attributes = [] });
            Assert.Equal(headers.Attributes, read.Attributes);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    public void A_message_without_headers_costs_two_bytes(string? type)
    {
        byte[] message = Written(new MessageHeaders { ContentType = type }, "hello"u8.ToArray());
        Assert.Equal(7, message.Length);
        Assert.False(MessageFormat.HasHeaders(message));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_origin_of_a_message_that_an_earlier_version_moved_is_read(int version)
    {
        MessageOrigin origin = new()
        {
            Id = new MessageId(3, 4), SentAt = 5, RetentionFrom = 6, SourceQueue = "jobs", Reason = "failed",
            ReceiveCount = 7, FirstFailedAt = 8, LastFailedAt = 9, RedriveCount = 10, EarlierReceives = 11,
        };
        ArrayBufferWriter<byte> output = new();
        MessageFormat.Rewrite(output, Written(MessageHeaders.None, "hello"u8.ToArray()), origin);
        byte[] message = output.WrittenSpan.ToArray();
        Assert.Equal(origin, MessageFormat.ReadOrigin(message));

        // The versions differ in how many counts of a byte each stand at the end.
        const int Field = MessageFormat.MinHeaderBytes + sizeof(uint);
        const int Value = Field + MessageFormat.FieldHeaderBytes;
        int missing = 3 - version;
        int end = Value + BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(Field + 4));
        message[Value] = (byte)version;
        message[Field + 4] -= (byte)missing;
        message[MessageFormat.MinHeaderBytes] -= (byte)missing;
        byte[] earlier = [.. message[..(end - missing)], .. message[end..]];
        MessageOrigin expected = origin with { EarlierReceives = 0, RedriveCount = version > 1 ? 10 : 0 };
        Assert.Equal(expected, MessageFormat.ReadOrigin(earlier));
        Assert.Equal("hello"u8.ToArray(), MessageFormat.Body(earlier).ToArray());
    }

    [Fact]
    public void A_batch_keeps_its_messages_apart()
    {
        using MessageBatch batch = MessageBatch.Rent();
        var random = new SeededRandom(2);
        var bodies = new List<string>();
        for (int i = 0; i < 300; i++)
        {
            bodies.Add(Text(random));
            batch.Add(
                Headers(random), Encoding.UTF8.GetBytes(bodies[i]),
                new SendOptions { DelayMilliseconds = i % 3 == 0 ? null : i });
        }

        Assert.Equal(300, batch.Count);
        for (int i = 0; i < 300; i++)
        {
            Assert.Equal(bodies[i], Encoding.UTF8.GetString(MessageFormat.Body(batch.Message(i))));
            Assert.Equal(Encoding.UTF8.GetByteCount(bodies[i]), batch.BodyBytes(i));
            Assert.Equal(i % 3 == 0 ? null : i, batch.Options(i).DelayMilliseconds);
        }
    }

    private static byte[] Written(MessageHeaders headers, byte[] body)
    {
        byte[] message = new byte[MessageFormat.Measure(headers, body.Length)];
        MessageFormat.Write(message, headers, body);
        return message;
    }

    private static MessageHeaders Headers(SeededRandom random) => new()
    {
        ContentType = Types[random.Next(Types.Length)],
        CorrelationId = MaybeText(random),
        ReplyTo = MaybeText(random),
        TraceParent = MaybeText(random),
        TraceState = MaybeText(random),
        RoutingKey = MaybeText(random),
        TraceHeader = MaybeText(random),
        SenderId = MaybeText(random),
        Attributes = [.. Enumerable.Range(0, random.Next(4)).Select(n =>
            new MessageAttribute($"ä{n}", (AttributeKind)random.Next(4), Text(random)) { Label = MaybeText(random) })],
    };

    private static string? MaybeText(SeededRandom random) => random.Chance(1, 2) ? null : Text(random);

    private static string Text(SeededRandom random) =>
        string.Concat(
            Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(3) switch { 0 => "x", 1 => "é", _ => "🐟" }));

    private static bool IsUtf8(byte[] body) => System.Text.Unicode.Utf8.IsValid(body);
}
