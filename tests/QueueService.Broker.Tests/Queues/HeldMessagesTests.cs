using System.Buffers;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class HeldMessagesTests
{
    [Fact]
    public void Messages_of_one_size_are_counted_exactly_in_whatever_order_they_end()
    {
        var held = new HeldMessages();
        for (int i = 0; i < 2_000; i++) held.Add(i, 70);
        for (int i = 0; i < 2_000; i += 3) held.End(i);
        Assert.Equal((1_333, 1_333 * 70), (held.Count, held.Bytes));
        for (int i = 1_999; i >= 0; i--)
            if (i % 3 != 0) held.End(i);
        Assert.Equal((0, 0), (held.Count, held.Bytes));
    }

    [Fact]
    public void The_last_message_of_a_block_takes_the_rest_of_its_bytes_away()
    {
        var held = new HeldMessages();
        for (int i = 0; i < 256; i++) held.Add(i, i);
        held.Add(256, 1_000);
        for (int i = 0; i < 256; i++) held.End(i);
        Assert.Equal((1, 1_000), (held.Count, held.Bytes));
    }

    [Fact]
    public void A_floor_ends_blocks_as_a_whole_and_part_of_its_own()
    {
        var held = new HeldMessages();
        for (int i = 0; i < 1_000; i++) held.Add(i, 10);
        held.End(600);
        held.EndBelow(700, inBlock: 700 - 512 - 1);
        Assert.Equal((300, 3_000), (held.Count, held.Bytes));
    }

    [Fact]
    public void Offsets_that_were_left_out_cost_nothing()
    {
        var held = new HeldMessages();
        held.Add(5, 10);
        held.Add(1L << 40, 20);
        held.Add((1L << 40) + 600, 30);
        Assert.Equal(30, held.ShareOf((1L << 40) + 600));
        held.End(1L << 40);
        Assert.Equal((2, 40), (held.Count, held.Bytes));
    }

    [Fact]
    public void A_restored_count_goes_on_as_the_captured_one()
    {
        var held = new HeldMessages();
        for (int i = 0; i < 5_000; i++) held.Add(i, i % 97);
        for (int i = 0; i < 5_000; i++)
            if (i % 5 != 0 && i is < 1_000 or > 2_000) held.End(i);
        byte[] first = Captured(held);
        var restored = new HeldMessages();
        var reader = new SpanReader(first);
        restored.Restore(ref reader);
        Assert.Equal((held.Count, held.Bytes), (restored.Count, restored.Bytes));
        for (int i = 1_000; i <= 2_000; i += 7)
        {
            held.End(i);
            restored.End(i);
        }

        Assert.Equal(Captured(held), Captured(restored));
    }

    private static byte[] Captured(HeldMessages held)
    {
        var output = new ArrayBufferWriter<byte>();
        held.Capture(output);
        return output.WrittenSpan.ToArray();
    }
}
