using System.Text;
using QueueService.Broker.Streams;

namespace QueueService.Broker.Tests.Streams;

public sealed class PartitionerTests
{
    /// <summary>Of Kafka's own tests of its murmur2.</summary>
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void A_key_has_the_hash_that_Kafka_gives_it(string key, int hash) =>
        Assert.Equal(hash, Partitioner.Hash(Encoding.UTF8.GetBytes(key)));

    [Fact]
    public void A_negative_hash_is_a_partition_too()
    {
        Assert.Equal(1173551340 % 7, Partitioner.PartitionOf(-973932308, 7));
        Assert.Equal(0, Partitioner.PartitionOf(int.MinValue, 12));
    }
}
