using System.Buffers;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Tests.Logs;

public sealed class PageBufferTests
{
    [Fact]
    public void What_is_written_stays_while_the_buffer_grows()
    {
        using PageBuffer buffer = new();
        byte[] expected = new byte[1_000_003];
        for (int i = 0; i < expected.Length; i++) expected[i] = (byte)(i * 31);
        for (int at = 0; at < expected.Length; at += 1_009)
            buffer.Write(expected.AsSpan(at, Math.Min(1_009, expected.Length - at)));
        Assert.Equal(expected.Length, buffer.Length);
        Assert.True(buffer.Written.SequenceEqual(expected));
        buffer.Clear();
        buffer.Write("again"u8);
        Assert.True(buffer.Written.SequenceEqual("again"u8));
    }

    [Fact]
    public void A_buffer_that_was_let_go_of_is_empty_and_can_be_let_go_of_again()
    {
        PageBuffer buffer = new();
        buffer.Write("x"u8);
        buffer.Dispose();
        Assert.True(buffer.Written.IsEmpty);
        buffer.Dispose();
    }
}
