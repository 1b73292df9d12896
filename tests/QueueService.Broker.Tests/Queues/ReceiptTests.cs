using QueueService.Broker.Queues;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Queues;

public sealed class ReceiptTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public ReceiptTests() => _harness.CreateQueue();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void The_seal_is_the_published_SipHash()
    {
        // Of the reference implementation: the key is 0 … 15, the input 0 … n-1.
        const ulong Key0 = 0x0706050403020100;
        const ulong Key1 = 0x0f0e0d0c0b0a0908;
        Assert.Equal(0x726fdb47dd0e0e31UL, ReceiptSeal.SipHash(Key0, Key1, [], 0));
        Assert.Equal(0x93f5f5799a932462UL, ReceiptSeal.SipHash(Key0, Key1, [Key0], 8UL << 56));
        Assert.Equal(0xa129ca6149be45e5UL, ReceiptSeal.SipHash(Key0, Key1, [Key0], (15UL << 56) | 0x0e0d0c0b0a0908));
        Assert.Equal(0x3f2acc7f57c29bdbUL, ReceiptSeal.SipHash(Key0, Key1, [Key0, Key1], 16UL << 56));
        Assert.Equal(
            0xb8ad50c6f649af94UL, ReceiptSeal.SipHash(Key0, Key1, [Key0, Key1, 0x1716151413121110], 24UL << 56));
    }

    [Fact]
    public void Handles_and_ids_come_back_from_their_text()
    {
        var random = new SeededRandom(7);
        Span<byte> utf8 = stackalloc byte[ReceiptHandle.TextLength];
        for (int i = 0; i < 10_000; i++)
        {
            var handle = new ReceiptHandle(
                (uint)random.Next(), (uint)random.Next(), (long)random.Next(), (long)random.Next(), random.Next());
            Assert.True(ReceiptHandle.TryParse(handle.ToString(), out ReceiptHandle parsed));
            Assert.Equal(handle, parsed);
            handle.Format(utf8);
            Assert.True(ReceiptHandle.TryParse(utf8, out parsed));
            Assert.Equal(handle, parsed);
            var id = new MessageId((uint)random.Next(), (long)(random.Next() >> 1));
            Assert.True(MessageId.TryParse(id.ToString(), out MessageId parsedId));
            Assert.Equal(id, parsedId);
        }
    }

    [Fact]
    public void Ids_of_one_queue_sort_in_the_order_of_sending()
    {
        long[] numbers = [0, 1, 63, 64, 255, 256, 65_536, 1L << 40, long.MaxValue];
        byte[][] raw = [.. numbers.Select(static number =>
            System.Buffers.Text.Base64Url.DecodeFromChars(new MessageId(3, number).ToString()))];
        for (int i = 1; i < raw.Length; i++) Assert.True(raw[i - 1].AsSpan().SequenceCompareTo(raw[i]) < 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAéAAAAAAAAAAAAAAAAAAAAA")]
    public void Text_that_is_no_handle_is_refused(string text)
    {
        Assert.False(ReceiptHandle.TryParse(text, out _));
        Assert.False(MessageId.TryParse(text, out _));
    }

    [Fact]
    public void A_handle_with_any_bit_flipped_is_never_accepted()
    {
        _harness.Send("a", "b");
        Received received = _harness.Receive()[0];
        string text = received.Receipt.ToString();
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (int at = 0; at < text.Length; at++)
        {
            for (int bit = 0; bit < 6; bit++)
            {
                char flipped = Alphabet[Alphabet.IndexOf(text[at], StringComparison.Ordinal) ^ (1 << bit)];
                string altered = text[..at] + flipped + text[(at + 1)..];
                if (!ReceiptHandle.TryParse(altered, out ReceiptHandle handle)) continue;
                BrokerError error = Assert.Single(_harness.Acknowledge(handle));
                Assert.True(error is BrokerError.ReceiptInvalid or BrokerError.ReceiptExpired, $"{altered}: {error}");
            }
        }

        Assert.Equal([BrokerError.None], _harness.Acknowledge(received.Receipt));
    }

    [Fact]
    public void Receipts_of_another_store_are_invalid()
    {
        using var other =
            new BrokerHarness(BrokerHarness.Small with { Storage = BrokerHarness.Small.Storage with { Secret = 43 } });
        other.CreateQueue();
        other.Send("a");
        _harness.Send("a");
        _harness.Receive();
        Assert.Equal([BrokerError.ReceiptInvalid], _harness.Acknowledge(other.Receive()[0].Receipt));
    }

    [Fact]
    public void Ids_and_receipts_of_a_deleted_queue_fit_no_queue_of_the_same_name()
    {
        SendOutcome sent = _harness.Send("a");
        Received old = Assert.Single(_harness.Receive());
        Assert.Equal(
            BrokerError.None, _harness.Run(() => _harness.Broker.DeleteQueue(BrokerHarness.Name(), Precondition.None)));
        _harness.CreateQueue();
        Assert.NotEqual(sent.IdAt(0), _harness.Send("b").IdAt(0));
        _harness.Receive();
        Assert.Equal([BrokerError.ReceiptInvalid], _harness.Acknowledge(old.Receipt));
        Assert.Equal(BrokerError.MessageNotFound, _harness.DeleteMessage(old.Id));
        _harness.KillAndRestart();
        Assert.Equal([BrokerError.ReceiptInvalid], _harness.Acknowledge(old.Receipt));
    }

    [Fact]
    public void Each_receipt_of_a_call_is_answered_in_its_place()
    {
        _harness.Send("a", "b", "c");
        List<Received> messages = _harness.Receive();
        Assert.Equal([BrokerError.None], _harness.Acknowledge(messages[1].Receipt));
        ReceiptHandle forged = messages[0].Receipt with { Seal = 1 };
        Assert.Equal(
            [BrokerError.None, BrokerError.ReceiptInvalid, BrokerError.ReceiptExpired, BrokerError.None,
                BrokerError.None],
            _harness.Acknowledge(
                messages[2].Receipt, forged, messages[1].Receipt, messages[0].Receipt, messages[2].Receipt));
        Assert.Equal(3, _harness.Stats().DeletedTotal);
    }
}
