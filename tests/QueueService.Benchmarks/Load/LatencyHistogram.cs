using System.Numerics;

namespace QueueService.Benchmarks.Load;

/// <summary>
/// Counts latencies in log-linear buckets, 64 per power of two, so a quantile is exact to 1.6 % whatever its size
/// (the layout of HdrHistogram). Values are nanoseconds. Recording neither allocates nor locks: one per thread.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 6;
    private const int SubBuckets = 1 << SubBucketBits;

    private readonly long[] _counts = new long[(64 - SubBucketBits + 1) * SubBuckets];

    public long Count { get; private set; }

    public void Record(long nanoseconds, int count = 1)
    {
        _counts[BucketOf((ulong)Math.Max(nanoseconds, 0))] += count;
        Count += count;
    }

    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < _counts.Length; i++) _counts[i] += other._counts[i];
        Count += other.Count;
    }

    /// <summary>Nanoseconds that the given share of the values does not exceed; 0 when nothing was recorded.</summary>
    public double Quantile(double share)
    {
        long rank = (long)Math.Ceiling(share * Count);
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank && seen > 0) return MiddleOf(i);
        }

        return 0;
    }

    private static int BucketOf(ulong value)
    {
        int shift = Math.Max(BitOperations.Log2(value) - SubBucketBits, 0);
        return (shift << SubBucketBits) + (int)(value >> shift);
    }

    private static double MiddleOf(int bucket)
    {
        if (bucket < 2 * SubBuckets) return bucket;
        int shift = (bucket >> SubBucketBits) - 1;
        long lowest = (long)(bucket - (shift << SubBucketBits)) << shift;
        return lowest + (0.5 * (1L << shift));
    }
}
