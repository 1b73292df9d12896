namespace QueueService.Broker.Topics.Filters;

/// <summary>
/// The filters that want a number of a range: ranges in the order of their lower bounds, as an implicit balanced tree
/// with the highest upper bound below each node. Finding what holds a number costs the logarithm of their count, and
/// what is found; adding and removing move the array, and the first search after it computes the upper bounds again
/// (20 µs each at 10,000).
/// </summary>
internal sealed class RangeTable
{
    private Range[] _ranges = new Range[4];
    private double[] _highest = [];
    private bool _changed;

    public int Count { get; private set; }

    public void Add(Condition range, int slot)
    {
        if (Count == _ranges.Length) Array.Resize(ref _ranges, Count * 2);
        int place = FirstFrom(range.Low);
        Array.Copy(_ranges, place, _ranges, place + 1, Count - place);
        _ranges[place] = new Range(range.Low, range.High, slot);
        Count++;
        _changed = true;
    }

    public void Remove(Condition range, int slot)
    {
        int place = FirstFrom(range.Low);
        while (place < Count && _ranges[place] != new Range(range.Low, range.High, slot)) place++;
        if (place == Count) return;
        Array.Copy(_ranges, place + 1, _ranges, place, --Count - place);
        _changed = true;
    }

    public void Collect(double number, Candidates candidates)
    {
        if (_changed)
        {
            if (_highest.Length < Count) _highest = new double[_ranges.Length];
            ComputeHighest(0, Count);
            _changed = false;
        }

        Collect(0, Count, number, candidates);
    }

    private void Collect(int first, int end, double number, Candidates candidates)
    {
        while (first < end)
        {
            int middle = first + ((end - first) / 2);
            if (_highest[middle] < number) return;
            Collect(first, middle, number, candidates);
            if (_ranges[middle].Low > number) return;
            if (_ranges[middle].High >= number) candidates.Add(_ranges[middle].Slot);
            first = middle + 1;
        }
    }

    private double ComputeHighest(int first, int end)
    {
        if (first >= end) return double.NegativeInfinity;
        int middle = first + ((end - first) / 2);
        double below = Math.Max(ComputeHighest(first, middle), ComputeHighest(middle + 1, end));
        return _highest[middle] = Math.Max(_ranges[middle].High, below);
    }

    private int FirstFrom(double low)
    {
        (int first, int end) = (0, Count);
        while (first < end)
        {
            int middle = first + ((end - first) / 2);
            if (_ranges[middle].Low < low) first = middle + 1;
            else end = middle;
        }

        return first;
    }

    private readonly record struct Range(double Low, double High, int Slot);
}
